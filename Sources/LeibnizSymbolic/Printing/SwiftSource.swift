extension Formula {
    /// A Swift function of double precision with this formula's value.
    ///
    /// ```swift
    /// try Formula("sin(x^2) + x^2").swiftSource(name: "f")
    /// // func f(_ x: Double) -> Double {
    /// //     let t1: Double = x * x
    /// //     return sin(t1) + t1
    /// // }
    /// ```
    ///
    /// Parts that occur more than once are computed once and have a name, and so have parts that would make a line too long for
    /// the compiler. It needs `import Foundation`. Outside its domain the function answers NaN or an infinity.
    ///
    /// - Parameters:
    ///   - name: the function's.
    ///   - variables: its arguments in their order; the formula's variables, sorted, if none are given.
    /// - Throws: a `SymbolicError` for integrals, ψ and its derivatives, which Swift's library has not, and for variables that
    ///   are no arguments.
    public func swiftSource(name: String = "f", variables: [String]? = nil) throws(SymbolicError) -> String {
        let arguments = variables ?? self.variables
        if let missing = self.variables.first(where: { !arguments.contains($0) }) {
            throw SymbolicError(.argument, "\(missing) is no argument of the function", in: .variable(missing))
        }
        var writer = SwiftWriter(reserved: Set(arguments))
        let result = try writer.write(try carryingOutDerivatives())
        let list = arguments.map { "_ \(SwiftWriter.identifier($0)): Double" }.joined(separator: ", ")
        let lines = writer.statements + ["return \(result)"]
        return (["func \(name)(\(list)) -> Double {"] + lines.map { "    " + $0 } + ["}"]).joined(separator: "\n")
    }
}

/// Writes Swift, a statement for whatever is used twice or grows long.
private struct SwiftWriter {
    private(set) var statements: [String] = []
    private let reserved: Set<String>
    private let nesting: Int
    private var uses: [Formula: Int] = [:]
    private var written: [Formula: Part] = [:]
    private var count = 0

    /// An expression, and how many operators it holds.
    private struct Part {
        let text: String
        let operators: Int
        /// Whether it is a name, a number or a call, which needs no brackets.
        let isAtom: Bool
    }

    private static let longest = 5

    init(reserved: Set<String>, nesting: Int = 0) { (self.reserved, self.nesting) = (reserved, nesting) }

    static func identifier(_ name: String) -> String {
        let keywords: Set<String> = [
            "as", "break", "case", "class", "default", "do", "else", "enum", "false", "for", "func", "if", "in", "init",
            "is", "let", "nil", "return", "self", "switch", "true", "try", "var", "while", "where", "import", "static",
            "struct", "super", "throw", "throws", "catch", "continue", "defer", "extension", "guard", "operator",
            "repeat",
            "protocol", "internal", "public", "private", "subscript", "typealias", "inout", "rethrows", "deinit", "any",
            "fallthrough", "fileprivate", "associatedtype", "precedencegroup", "Any", "Self",
        ]
        return keywords.contains(name) ? "`\(name)`" : name
    }

    mutating func write(_ formula: Formula) throws(SymbolicError) -> String {
        countUses(formula)
        for part in formula.partsBottomUp { try name(part, isWhole: part == formula) }
        return written[formula]?.text ?? "0.0"
    }

    private mutating func countUses(_ formula: Formula) {
        var seen: Set<Formula> = []
        var pending = [formula]
        while let part = pending.popLast() {
            guard seen.insert(part).inserted else { continue }
            for operand in part.partsOutsideBodies {
                uses[operand, default: 0] += 1
                pending.append(operand)
            }
        }
    }

    /// Writes a part whose operands are written, and names it if that is worth it.
    private mutating func name(_ part: Formula, isWhole: Bool) throws(SymbolicError) {
        guard written[part] == nil else { return }
        let text = try self.text(of: part)
        let isNamed = !part.operands.isEmpty && (uses[part] ?? 0) > 1 || text.operators > Self.longest && !isWhole
        written[part] = isNamed ? define(text.text) : text
    }

    private mutating func define(_ text: String) -> Part {
        var name: String
        repeat {
            count += 1
            name = String(repeating: "t", count: 1 + nesting) + "\(count)"
        } while reserved.contains(name)
        statements.append("let \(name): Double = \(text)")
        return Part(text: name, operators: 0, isAtom: true)
    }

    private func operand(_ formula: Formula, inBrackets: Bool = true) -> String {
        guard let part = written[formula] else { return "0.0" }
        return part.isAtom || !inBrackets ? part.text : "(\(part.text))"
    }

    private func operators(_ formulas: [Formula]) -> Int { formulas.reduce(1) { $0 + (written[$1]?.operators ?? 0) } }

    private mutating func text(of part: Formula) throws(SymbolicError) -> Part {
        let operands = part.operands
        switch part.kind {
        case .number(let number): return self.number(number)
        case .constant(.pi): return Part(text: "Double.pi", operators: 0, isAtom: true)
        case .constant(.e): return Part(text: "M_E", operators: 0, isAtom: true)
        case .constant(.infinity): return Part(text: "Double.infinity", operators: 0, isAtom: true)
        case .variable(let name): return Part(text: Self.identifier(name), operators: 0, isAtom: true)
        case .sum: return joined(operands, " + ")
        case .product: return joined(operands, " * ")
        case .power: return power(operands[0], operands[1])
        case .function(let function): return try call(function, operands, part)
        case .piecewise(let relations):
            // Every value has a name, so that no line grows long.
            var text = named(operands[3 * relations.count])
            for (index, relation) in relations.enumerated().reversed() {
                let condition = "\(named(operands[3 * index])) \(relation.rawValue) \(named(operands[3 * index + 1]))"
                text = define("\(condition) ? \(named(operands[3 * index + 2])) : \(text)").text
            }
            return Part(text: text, operators: 0, isAtom: true)
        case .series(let index): return try series(part, over: index)
        case .integral:
            throw SymbolicError(.notFound, "Swift's library has no integral", in: part)
        case .derivative:
            throw SymbolicError(.noDerivative, "the derivative could not be carried out", in: part)
        }
    }

    private func number(_ number: Formula.Number) -> Part {
        let text: String
        if let rational = number.rational, !rational.isWhole {
            text = "\(rational.numerator).0 / \(rational.denominator).0"
            return Part(text: text, operators: 1, isAtom: false)
        }
        text = number.whole.map { "\($0).0" } ?? "\(number.doubleValue)"
        return Part(text: text, operators: 0, isAtom: !number.isNegative)
    }

    /// Long sums and products in several statements.
    private mutating func joined(_ operands: [Formula], _ sign: String) -> Part {
        var texts = operands.map { operand($0) }
        while texts.count > 4 {
            let head = define(texts.prefix(4).joined(separator: sign)).text
            texts = [head] + texts.dropFirst(4)
        }
        let isShort = operands.count <= 4
        return Part(
            text: texts.joined(separator: sign),
            operators: isShort ? operators(operands) + operands.count - 2 : texts.count,
            isAtom: false)
    }

    private mutating func power(_ base: Formula, _ exponent: Formula) -> Part {
        if exponent == .half { return call("sqrt", [base]) }
        switch exponent.number?.whole {
        case -1: return Part(text: "1.0 / \(operand(base))", operators: operators([base]), isAtom: false)
        case 2, 3:
            let name = named(base)
            let count = exponent.number?.whole ?? 2
            return Part(
                text: Array(repeating: name, count: count).joined(separator: " * "), operators: count - 1, isAtom: false
            )
        default: return call("pow", [base, exponent])
        }
    }

    private func call(_ name: String, _ operands: [Formula]) -> Part {
        Part(
            text: "\(name)(" + operands.map { operand($0, inBrackets: false) }.joined(separator: ", ") + ")",
            operators: operators(operands), isAtom: true)
    }

    /// A name for a part that is used more than once in a line.
    private mutating func named(_ formula: Formula) -> String {
        guard let part = written[formula] else { return "0.0" }
        if part.operators == 0 && part.isAtom { return part.text }
        let name = define(part.text)
        written[formula] = name
        return name.text
    }

    private mutating func call(_ function: Formula.Function, _ operands: [Formula], _ part: Formula)
        throws(SymbolicError) -> Part
    {
        let u = operands[0]
        func divided(_ name: String) -> Part {
            Part(text: "1.0 / \(name)(\(operand(u, inBrackets: false)))", operators: operators([u]) + 1, isAtom: false)
        }
        switch function {
        case .cot: return divided("tan")
        case .sec: return divided("cos")
        case .csc: return divided("sin")
        case .ceil, .floor, .exp, .log, .log2, .log10, .cbrt, .abs, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh,
            .tanh, .asinh, .acosh, .atanh, .erf, .erfc:
            return call(function.rawValue, operands)
        case .min, .max: return operands.count == 1 ? call("", operands) : call("Swift.\(function.rawValue)", operands)
        case .sign:
            let name = named(u)
            return Part(text: "\(name) > 0.0 ? 1.0 : (\(name) < 0.0 ? -1.0 : 0.0)", operators: 4, isAtom: false)
        case .gamma: return call("tgamma", operands)
        case .factorial:
            return Part(text: "tgamma(\(operand(u)) + 1.0)", operators: operators([u]) + 1, isAtom: true)
        case .lgamma: return Part(text: "log(abs(tgamma(\(named(u)))))", operators: 2, isAtom: true)
        case .beta:
            let (a, b) = (named(u), named(operands[1]))
            return Part(text: "tgamma(\(a)) * tgamma(\(b)) / tgamma(\(a) + \(b))", operators: 4, isAtom: false)
        case .relu: return Part(text: "Swift.max(\(operand(u)), 0.0)", operators: operators([u]), isAtom: true)
        case .sigmoid:
            return Part(text: "1.0 / (1.0 + exp(-\(named(u))))", operators: 4, isAtom: false)
        case .softplus:
            let name = named(u)
            return Part(text: "Swift.max(\(name), 0.0) + log1p(exp(-abs(\(name))))", operators: 4, isAtom: false)
        case .digamma, .polygamma:
            throw SymbolicError(.notFound, "Swift's library has no \(function.rawValue)", in: part)
        }
    }

    private mutating func series(_ part: Formula, over index: String) throws(SymbolicError) -> Part {
        guard nesting < 16 else { throw SymbolicError(.tooLarge, "too many sums lie within each other", in: part) }
        var body = SwiftWriter(reserved: reserved.union([index]), nesting: nesting + 1)
        let term = try body.write(part.operands[0])
        let lines = body.statements + ["return sum + \(term)"]
        let (first, last) = (named(part.operands[1]), named(part.operands[2]))
        let head =
            "stride(from: \(first), through: \(last), by: 1.0).reduce(0.0) { (sum: Double, \(Self.identifier(index)): Double) -> Double in"
        return define(head + " " + lines.joined(separator: "; ") + " }")
    }
}

extension Formula {
    /// The operands but the terms of sums, which have a variable of their own.
    fileprivate var partsOutsideBodies: [Formula] {
        if case .series = kind { Array(operands.dropFirst()) } else { operands }
    }

    /// All parts, operands before what they are operands of, each once.
    fileprivate var partsBottomUp: [Formula] {
        var result: [Formula] = []
        var done: Set<Formula> = []
        var pending = [(part: self, isExpanded: false)]
        while let (part, isExpanded) = pending.popLast() {
            guard !done.contains(part) else { continue }
            if isExpanded {
                done.insert(part)
                result.append(part)
            } else {
                pending.append((part, true))
                pending += part.partsOutsideBodies.reversed().map { ($0, false) }
            }
        }
        return result
    }
}
