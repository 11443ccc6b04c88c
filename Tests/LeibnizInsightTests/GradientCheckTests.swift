import Foundation
import Leibniz
import Testing

/// Everything public is in the catalogue and has the gradient of its values; what has not is found.
struct GradientCheckTests {
    @Test(arguments: GradientCatalogue.cases.map(\.name))
    func `every function, loss and layer has its gradient`(name: String) throws {
        let test = try #require(GradientCatalogue.cases.first { $0.name == name })
        let report = try test.check()
        #expect(report.passes, "\(report)")
        #expect(report.entries.allSatisfy { $0.allowed < 1e-4 }, "the differences are too rough: \(report)")
    }

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")

    /// The matches of a pattern with one group in all files of a folder.
    private static func names(in folder: String, _ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
        let folder = sources.appending(path: folder)
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        var found: Set<String> = []
        for file in files ?? [] where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            found.formUnion(text.matches(of: pattern).map { String($0.output.1) })
        }
        return found
    }

    /// The names of all cases, without what is particular.
    private static let known = Set(
        GradientCatalogue.cases.flatMap { test in
            let parts = test.name.components(separatedBy: " (")[0].components(separatedBy: ".")
            // Layers of several dimensions are one type: `MaxPool2D` is a `MaxPool`.
            return parts + parts.map { $0.replacing(/[123]D$/, with: "") }
        })

    @Test func `the catalogue names every function of tensors`() throws {
        let functions = try Self.names(in: "LeibnizCore/Primitives", /(?:^|\n) *public func (\w+)\(/)
            .union(try Self.names(in: "LeibnizCore/Composites", /(?:^|\n) *public func (\w+)\(/))
        // These are of integers or truth values, or make constants.
        let constant: Set = [
            "isNaN", "isFinite", "argMax", "argMin", "and", "or", "xor", "any", "all", "filled", "oneHot",
            "stopGradient", "fftFrequencies", "rfftFrequencies",
            // Methods of complex tensors that apply others to both parts.
            "mapped", "replacing",
        ]
        #expect(functions.count > 60)
        #expect(functions.subtracting(constant).subtracting(Self.known).isEmpty)
    }

    @Test func `the catalogue names every layer and every loss`() throws {
        let layers = try Self.names(in: "LeibnizLearning/Layers", /public struct (\w+)[^{]*: [^{]*Layer/)
        let losses = try Self.names(in: "LeibnizLearning/Losses", /(?:^|\n)public func (\w+)\(/)
        #expect(layers.count > 7 && losses.count > 2)
        // Types behind several names, such as `Conv1D` and `Conv2D`.
        let general: Set = ["Convolution", "TransposedConvolution", "RecurrentNetwork", "SpatialDropout"]
        #expect(layers.union(losses).subtracting(general).subtracting(Self.known).isEmpty)
    }

    @Test func `a wrong rule fails, and a right one next to it does not`() throws {
        let wrong = CustomRule(
            { sin($0) }, forward: { x, _, dx in cos(x) * dx }, reverse: { x, _, dy in 1.001 * cos(x) * dy })
        let report = try gradientCheck("wrong", at: [[0.3, 1], [0.2, 0.7]], names: ["a", "b"]) {
            sum(wrong($0[0]) * sin($0[1]))
        }
        #expect(!report.passes && report.entries.map(\.passes) == [false, true], "\(report)")
        #expect(report.worst.isClose(to: 1e-3, relative: 0.01))
        #expect(report.description.contains("more than"))
        let lost = try gradientCheck("stopped", at: [[0.3, 1]]) { sum($0[0].stopGradient() * $0[0]) }
        #expect(!lost.passes)
    }

    @Test func `a model is checked by the paths of its parameters, which stay as they are`() throws {
        let model = withSeed(1) { Sequential(Linear(3, 2), ReLU(), Linear(2, 1)) }
        let before = try model.parameters.map { try $0.value.doubles() }
        let report = try gradientCheck(model, input: .normal([4, 3], seed: 2, .float64))
        #expect(report.passes && report.name == "Sequential", "\(report)")
        #expect(report.entries.map(\.name) == ["input", "0.bias", "0.weight", "2.bias", "2.weight"])
        #expect(try model.parameters.map { try $0.value.doubles() } == before)
    }
}
