import Foundation
import Testing

@testable import LeibnizSymbolic

@Suite struct ParserTests {
    private static let values: [(String, Double)] = [
        ("1 + 2*3", 7), ("2^3^2", 512), ("-2^2", -4), ("2^-1", 0.5), ("-2^-2", -0.25), ("(1+2)(3+4)", 21),
        ("2 pi", 2 * .pi),
        ("3!", 6), ("2^3!", 64), ("3!!", 720), ("6/2(1+2)", 9), ("1/2 e", 0.5 * exp(1)), ("2e1", 20),
        ("2e", 2 * exp(1)),
        (".5 + 1.", 1.5), ("1 - -1", 2), ("--3", 3), ("+4", 4), ("2**3", 8), ("8 ÷ 2 · 3 × 1 − 2", 10),
        ("min(3, 1, 2)", 1),
        ("sqrt(16) cbrt(-8)", -8), ("ln(e^2)", 2), ("log(8, 2)", 3), ("pow(2, 5)", 32), ("sum(k^2, k, 1, 4)", 30),
        ("integral(x^2, x, 0, 3)", 9), ("piecewise(1 < 0, 5, 2 >= 2, 6, 7)", 6), ("sigmoid(0) + relu(-3)", 0.5),
        ("gamma(5) + beta(2, 3)", 24 + 1.0 / 12), ("erf(1) + erfc(1)", 1), ("0.1 + 0.2 - 0.3", 0), ("0^0", 1),
        ("atan2(1, -1)", 0.75 * .pi), ("atan2(-1, -1)", -0.75 * .pi), ("atan2(0, -2)", .pi),
        ("atan2(-3, 0)", -0.5 * .pi),
        ("atan2(3, 4)", atan(0.75)), ("hypot(3, 4) + exp2(3)", 13), ("expm1(1) - log1p(1)", exp(1) - 1 - log(2)),
    ]

    @Test(arguments: values)
    func `a text has the value that its signs say`(text: String, value: Double) throws {
        let found = try Formula(text).evaluated()
        #expect(found.isClose(to: value, relative: 1e-14, absolute: 1e-15), "\(text) = \(found)")
    }

    @Test(arguments: [(0.5, 2.0), (-0.5, 2), (-0.5, -2), (0.5, -2), (0, -2), (0.5, 0)])
    func `the angle of a point turns as it should`(x: Double, y: Double) throws {
        let slope = try Formula("atan2(y, x)").differentiated(by: "x")
        #expect(try slope.evaluated(at: ["x": x, "y": y]).isClose(to: -y / (x * x + y * y), relative: 1e-14))
    }

    private static let mistakes: [(String, SyntaxError.Kind, Int)] = [
        ("", .missingOperand, 1), ("   ", .missingOperand, 4), ("x +", .missingOperand, 4),
        ("(x", .unbalancedBracket, 1), ("1 + (2*(3", .unbalancedBracket, 8), ("x)", .unbalancedBracket, 2),
        ("()", .missingOperand, 2), ("x * / y", .missingOperand, 5), ("1 + foo(x)", .unknownFunction, 5),
        ("x(x + 1)", .unknownFunction, 1), ("sin x", .wrongArguments, 1), ("sin()", .missingOperand, 5),
        ("sin(x, y)", .wrongArguments, 1), ("2 + beta(1)", .wrongArguments, 5), ("2 3", .missingOperator, 3),
        ("x, y", .misplacedMark, 2), ("x < y", .misplacedMark, 3), ("x = y", .unknownCharacter, 3),
        ("x + 3 # 4", .unknownCharacter, 7), ("|x|", .unknownCharacter, 1), ("1e999", .wrongNumber, 1),
        (".", .wrongNumber, 1), ("piecewise(x < 1, 2)", .wrongArguments, 1), ("sum(x, 2, 1, 3)", .wrongArguments, 1),
        ("x ^", .missingOperand, 4), ("! x", .missingOperand, 1), ("sin(x +)", .missingOperand, 8),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with its column`(text: String, kind: SyntaxError.Kind, column: Int) throws {
        let error = try #require(throws: SyntaxError.self) { try Formula(text) }
        #expect(error.kind == kind && error.column == column, "\(error)")
        #expect(error.description.contains("^ column \(column)"))
        let caret = try #require(error.description.split(separator: "\n").last?.prefix { $0 == " " }.count)
        #expect(caret == column + 1)
    }

    @Test func `printing and parsing give the formula back`() throws {
        var formulas = RandomFormulas(seed: 1)
        for _ in 0..<rounds(3000) {
            let formula = formulas.next(depth: 5)
            let text = formula.description
            let again = try Formula(text)
            #expect(again == formula, "\(text) is read as \(again)")
        }
    }

    @Test(arguments: [
        "x + y - 2*z", "x/(y*z)", "2*x/3", "-x^2", "(-x)^2", "1/x^2", "x^(1/2)", "2/(3*sqrt(x))", "(x^2)^y", "x^y^z",
        "-(a + b)", "exp(-x)/2", "piecewise(x < 0, -x, x == 1, 3, x)", "sum(k*x, k, 1, n)", "integral(sin(t), t, 0, x)",
        "x!", "(x + 1)!", "0*x^(1/2)", "1/0", "x/0", "2^1000", "1e300*x", "1e300*1e300", "derivative(x^2, x)",
        "1/(1/x)",
        "12345678901234567890123", "1/1024", "0.000123", "1e-30",
    ])
    func `special shapes are printed as they are read`(text: String) throws {
        let formula = try Formula(text)
        #expect(try Formula(formula.description) == formula, "\(formula)")
    }

    @Test func `random strings are read or refused`() {
        var generator = SplitMix(seed: 5)
        let words = [
            "x", "y", "sin", "(", ")", "(", ")", "+", "-", "*", "/", "^", "!", ",", "1", "2.5", "e", "pi", " ",
            "piecewise",
            "<", "sum", "k", "#", "é", "\u{0}", "∞", "1e", ".", "log", "==", "\n", "max(", "²", "🙂",
        ]
        var refused = 0
        let texts = rounds(100_000)
        for _ in 0..<texts {
            let count = Int.random(in: 0...24, using: &generator)
            let text = (0..<count).map { _ in words.randomElement(using: &generator) ?? "" }.joined()
            do {
                let formula = try Formula(text)
                #expect(formula.size > 0)
            } catch {
                refused += 1
                #expect(error.column >= 1 && error.column <= text.count + 1, "\(text)")
            }
        }
        #expect(2 * refused > texts && refused < texts, "\(refused)")
    }

    @Test func `hostile texts end soon`() throws {
        let count = 100_000
        let brackets = String(repeating: "(", count: count) + "x" + String(repeating: ")", count: count)
        #expect(try Formula(brackets) == .variable("x"))
        let open = try #require(throws: SyntaxError.self) { try Formula(String(repeating: "(", count: count)) }
        #expect(open.kind == .missingOperand && open.column == count + 1)
        let half = try #require(throws: SyntaxError.self) { try Formula(String(brackets.dropLast())) }
        #expect(half.kind == .unbalancedBracket && half.column == 1)
        let calls = String(repeating: "sin(", count: count) + "x" + String(repeating: ")", count: count)
        #expect(try #require(throws: SyntaxError.self) { try Formula(calls) }.kind == .tooLarge)
        #expect(throws: SyntaxError.self) { try Formula("x" + String(repeating: "^x", count: count)) }
        let minus = try Formula(String(repeating: "-", count: count) + "x")
        #expect(minus == .variable("x"))
        let sum = try Formula("x" + String(repeating: "+x", count: count))
        #expect(sum.operands.count == count + 1)
        #expect(try sum.differentiated(by: "x") == Formula(count + 1))
        let product = try Formula("x" + String(repeating: "*x", count: count))
        #expect(try product.differentiated(by: "x").evaluated(at: ["x": 1]) == Double(count + 1))
        let staircase = String(repeating: "(", count: count) + "x" + String(repeating: "+y)", count: count)
        #expect(throws: SyntaxError.self) { try Formula(staircase) }
        let letters = String(repeating: "a", count: count)
        #expect(try Formula(letters).variables == [letters])
        #expect(throws: SyntaxError.self) { try Formula(String(repeating: "1", count: count)) }
        #expect(throws: SyntaxError.self) { try Formula(String(repeating: "x ", count: 600_000)) }
    }

    @Test func `a deep tree is released without recursion`() {
        var formula = Formula.variable("x")
        for _ in 0..<200_000 { formula = .function(.sin, [formula]) }
        #expect(formula.depth == 200_001)
        #expect(formula == formula && formula.description.count == 200_000 * 5 + 1)
    }
}
