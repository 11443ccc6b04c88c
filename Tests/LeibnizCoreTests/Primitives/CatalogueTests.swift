import Foundation
import Testing

@testable import LeibnizCore

/// The list of primitives is complete, and each has all that a primitive needs.
@Suite struct `The catalogue` {
    /// A folder of sources, found from here.
    private static func folder(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources/LeibnizCore/\(name)")
            .standardizedFileURL
    }

    private static func files(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }.sorted()
    }

    /// The declarations of primitives in the sources: a name, and the text up to the next one.
    private static func declarations(in name: String = "Primitives") throws -> [(
        name: String, file: String, text: String
    )] {
        let folder = folder(name)
        var found: [(name: String, file: String, text: String)] = []
        for file in try files(in: folder) {
            let source = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            for part in source.components(separatedBy: "\nstruct ").dropFirst() {
                let head = part.prefix { $0 != "{" }.split(separator: ":", maxSplits: 1)
                guard head.count == 2, ["Primitive", "Pointwise"].contains(where: head[1].contains) else { continue }
                found.append((head[0].trimmingCharacters(in: .whitespaces), file, part))
            }
        }
        return found
    }

    /// Those that transform the graph of a body.
    private static func elsewhere() throws -> [(name: String, file: String, text: String)] {
        try declarations(in: "Calculus") + declarations(in: "Calculus/Integrals")
    }

    @Test func `names every primitive in the sources, once`() throws {
        let declared = try (Self.declarations() + Self.elsewhere()).map(\.name).sorted()
        #expect(declared.count > 50)
        #expect(declared == Catalogue.entries.map(\.name).sorted())
    }

    @Test func `leaves no source file without a primitive`() throws {
        let files = try Self.files(in: Self.folder("Primitives"))
        let protocols = ["UnaryPointwise.swift", "BinaryPointwise.swift"]
        #expect(Set(files).subtracting(try Self.declarations().map(\.file)) == Set(protocols))
    }

    @Test func `has notation for every primitive, in its own file`() throws {
        for declaration in try Self.declarations() + Self.elsewhere() {
            #expect(declaration.text.contains("func latex("), "\(declaration.name) in \(declaration.file) has no LaTeX")
        }
    }

    @Test(arguments: Catalogue.entries)
    func `tries the primitive on empty, single, odd and viewed operands, and its derivative`(entry: PrimitiveEntry)
        throws
    {
        var found: [any Primitive] = []
        for trial in entry.cases {
            let type = trial.types[0]
            let result = trial.body(trial.tensors(trial.blocks(seed: 1), type))
            let primitives = Node.sorted([result.node], through: { _ in true }).map(\.primitive)
            found += primitives.filter { Swift.type(of: $0) == entry.primitive }
        }
        #expect(found.count > 0, "no case of \(entry.name) applies it")
        for primitive in found.prefix(200) { Self.checkNotation(primitive) }
        guard entry.cases.contains(where: { !$0.operands.isEmpty }) else { return }
        let extents = entry.cases.flatMap { $0.operands.map(\.extents) }
        #expect(entry.cases.contains(where: \.checksDerivative) == (entry.derivative == .checked))
        let hasScalarOperands = entry.primitive == RandomBits.self
        #expect(extents.contains { $0.contains(0) } || hasScalarOperands, "nothing empty")
        #expect(extents.contains { $0.reduce(1, *) == 1 }, "no single element")
        #expect(extents.contains { $0.contains { $0 > 4 && $0 % 4 != 0 } } || hasScalarOperands, "no odd extent")
        #expect(
            entry.cases.contains { $0.operands.contains { $0.presentation != .plain } } || hasScalarOperands, "no view")
    }

    /// LaTeX mentions every operand and its braces match.
    private static func checkNotation(_ primitive: any Primitive) {
        let operands = (0..<8).map { "x_{\($0)}" }
        let text = primitive.latex(operands)
        #expect(!text.isEmpty)
        #expect(text.count { $0 == "{" } == text.count { $0 == "}" }, "\(text)")
        #expect(
            text.components(separatedBy: "\\left").count == text.components(separatedBy: "\\right").count, "\(text)")
    }
}
