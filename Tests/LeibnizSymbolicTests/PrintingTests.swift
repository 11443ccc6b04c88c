import Foundation
import TestFiles
import Testing

@testable import LeibnizSymbolic

@Suite struct PrintingTests {
    @Test(arguments: [
        ("x^2/2", "\\frac{x^{2}}{2}"), ("sqrt(x) + pi", "\\sqrt{x} + \\pi"), ("sin(x)^2", "\\sin^{2}\\left(x\\right)"),
        ("exp(-x)", "e^{-x}"), ("-2/3 x", "-\\frac{2 x}{3}"), ("(x + 1)^-1", "\\frac{1}{x + 1}"),
        ("2*3^x", "2 \\cdot 3^{x}"),
        ("abs(x)", "\\left|x\\right|"), ("alpha_1 + x2", "\\alpha_{1} + x_{2}"),
        ("integral(t, t, 0, x)", "\\int_{0}^{x} t \\, dt"), ("sum(k, k, 1, n)", "\\sum_{k=1}^{n} k"),
        ("piecewise(x < 0, -x, x)", "\\begin{cases}-x & \\text{if } x < 0 \\\\ x & \\text{otherwise}\\end{cases}"),
        ("derivative(x^2, x)", "\\frac{d}{dx} x^{2}"), ("(x + 1)(x - 1)", "\\left(x + 1\\right) \\left(x - 1\\right)"),
    ])
    func `formulas in LaTeX`(text: String, latex: String) throws { #expect(try Formula(text).latex == latex) }

    @Test(arguments: [
        ("x^2 * y - pi", "x²·y − π"), ("sqrt(x + 1)", "√(x + 1)"), ("abs(x) >= 0", ""), ("log(x)", "ln(x)"),
    ])
    func `formulas in Unicode`(text: String, unicode: String) throws {
        if unicode.isEmpty {
            #expect(throws: SyntaxError.self) { try Formula(text) }
        } else {
            #expect(try Formula(text).unicode == unicode)
        }
    }

    @Test func `equal parts are one node of the graph`() throws {
        let graph = try Formula("sin(x + 1) + (x + 1)^2").graphviz
        #expect(graph.hasPrefix("digraph formula {") && graph.hasSuffix("}"))
        #expect(graph.split(separator: "\n").filter { $0.contains("label=\"+\"") }.count == 2)
        #expect(graph.split(separator: "\n").filter { $0.contains("label=\"x\"") }.count == 1)
    }

    @Test func `what occurs twice has a name in Swift`() throws {
        #expect(
            try Formula("sin(x^2) + x^2").swiftSource() == """
                func f(_ x: Double) -> Double {
                    let t1: Double = x * x
                    return sin(t1) + t1
                }
                """)
        #expect(throws: SymbolicError.self) { try Formula("digamma(x)").swiftSource() }
        #expect(throws: SymbolicError.self) { try Formula("x + y").swiftSource(variables: ["x"]) }
    }

    @Test func `Swift source compiles and has the formula's values`() throws {
        guard let compiler = Self.compiler else { return }
        var formulas = RandomFormulas(seed: 8)
        formulas.functions.removeAll { [.digamma, .polygamma].contains($0) }
        var sources = ["import Foundation"]
        var expected: [Double?] = []
        var calls: [String] = []
        var extra = [
            "sum(k*x^k, k, 1, 5)", "sum(sum(j*k*x, j, 1, k), k, 1, 4)", "piecewise(x < 0, y, x == 1, 2, x*y)", "in + x",
        ].compactMap { try? Formula($0).substituting(["in": .variable("y")]) }
        for index in 0..<120 {
            let formula = extra.popLast() ?? formulas.next(depth: 4)
            let point = formulas.point(in: 0.3...2.5)
            sources.append(try formula.swiftSource(name: "f\(index)", variables: ["x", "y"]))
            calls.append("print(f\(index)(\(point["x"] ?? 0), \(point["y"] ?? 0)))")
            expected.append(try? formula.evaluated(at: point))
        }
        let folder = try TemporaryFolder()
        let path = try folder.write(Array((sources + calls).joined(separator: "\n").utf8), as: "main.swift")
        let program = folder.path + "/program"
        try Self.run(compiler, ["-O", path, "-o", program])
        let lines = try Self.run(program, []).split(separator: "\n")
        #expect(lines.count == expected.count)
        for (index, (line, value)) in zip(lines, expected).enumerated() {
            guard let value else { continue }
            let found = try #require(Double(String(line)))
            #expect(found.isClose(to: value, relative: 1e-9, absolute: 1e-12), "\(sources[index + 1])")
        }
        #expect(expected.compactMap { $0 }.count > 60)
    }

    /// `swiftc`, if it is where programs are looked for.
    private static var compiler: String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/swiftc" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
