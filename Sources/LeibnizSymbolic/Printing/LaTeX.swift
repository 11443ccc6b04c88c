extension Formula {
    /// The formula in LaTeX's mathematics, such as `\frac{x^{2}}{2}`.
    public var latex: String { LaTeXNotation().write(self, limit: Self.writtenLimit) }
}

/// The commands of LaTeX with the package amsmath.
struct LaTeXNotation: Notation {
    let brackets = (open: "\\left(", close: "\\right)")

    private static let commands: [Formula.Function: String] = [
        .log: "\\ln", .log2: "\\log_{2}", .log10: "\\log_{10}", .sin: "\\sin", .cos: "\\cos", .tan: "\\tan",
        .cot: "\\cot", .sec: "\\sec", .csc: "\\csc", .asin: "\\arcsin", .acos: "\\arccos", .atan: "\\arctan",
        .sinh: "\\sinh", .cosh: "\\cosh", .tanh: "\\tanh", .gamma: "\\Gamma", .digamma: "\\psi", .beta: "\\mathrm{B}",
        .sigmoid: "\\sigma", .min: "\\min", .max: "\\max",
    ]
    private static let greek: Set<String> = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
        "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    ]

    func pieces(of formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let operands = formula.operands
        switch formula.kind {
        case .number(let number): return self.number(number)
        case .constant(.pi): return ([.text("\\pi")], .atom)
        case .constant(.e): return ([.text("e")], .atom)
        case .constant(.infinity): return ([.text("\\infty")], .atom)
        case .variable(let name): return ([.text(variable(name))], .atom)
        case .sum: return (sum(formula), .sum)
        case .product: return product(formula)
        case .power: return power(operands[0], operands[1])
        case .function(let function): return call(function, operands)
        case .piecewise(let relations): return (piecewise(relations, operands), .atom)
        case .series(let index):
            return (
                [
                    .text("\\sum_{\(variable(index))="), .formula(operands[1], atLeast: .sum), .text("}^{"),
                    .formula(operands[2], atLeast: .sum), .text("} "), .formula(operands[0], atLeast: .product),
                ], .sum
            )
        case .integral(let name):
            return (
                [
                    .text("\\int_{"), .formula(operands[1], atLeast: .sum), .text("}^{"),
                    .formula(operands[2], atLeast: .sum), .text("} "), .formula(operands[0], atLeast: .product),
                    .text(" \\, d\(variable(name))"),
                ], .sum
            )
        case .derivative(let name):
            return ([.text("\\frac{d}{d\(variable(name))} "), .formula(operands[0], atLeast: .power)], .product)
        }
    }

    private func variable(_ name: String) -> String {
        let parts = name.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
        guard let first = parts.first else { return "\\_" }
        var stem = first
        var index = parts.count > 1 ? parts[1].replacing("_", with: "\\_") : ""
        if parts.count == 1, let digit = first.firstIndex(where: \.isNumber), digit > first.startIndex {
            (stem, index) = (String(first[..<digit]), String(first[digit...]))
        }
        let letters = Self.greek.contains(stem) ? "\\\(stem)" : stem.count == 1 ? stem : "\\mathrm{\(stem)}"
        return index.isEmpty ? letters : "\(letters)_{\(index)}"
    }

    private func number(_ number: Formula.Number) -> (pieces: [Piece], tightness: Tightness) {
        let sign = number.isNegative ? "-" : ""
        if let rational = number.rational, !rational.isWhole {
            return ([.text("\(sign)\\frac{\(rational.numerator.magnitude)}{\(rational.denominator)}")], .product)
        }
        let parts = number.text.split(separator: "e")
        guard parts.count == 2 else { return ([.text(number.text)], number.isNegative ? .product : .atom) }
        return ([.text("\(parts[0]) \\cdot 10^{\(parts[1].replacing("+", with: ""))}")], .product)
    }

    private func sum(_ formula: Formula) -> [Piece] {
        formula.signedTerms.enumerated().flatMap { index, term -> [Piece] in
            let sign = index == 0 ? (term.isNegative ? "-" : "") : (term.isNegative ? " - " : " + ")
            return [.text(sign), .formula(term.magnitude, atLeast: .product)]
        }
    }

    private func product(_ formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let isNegative = formula.coefficientAndRest.coefficient.isNegative
        let sign: [Piece] = isNegative ? [.text("-")] : []
        let magnitude = isNegative ? -formula : formula
        guard case .product = magnitude.kind else {
            return (sign + [.formula(magnitude, atLeast: .product)], .product)
        }
        guard let (above, below) = magnitude.fraction, !below.isEmpty else {
            return (sign + joined(magnitude.factors), .product)
        }
        return (sign + fraction(.product(above), .product(below)), .product)
    }

    private func fraction(_ above: Formula, _ below: Formula) -> [Piece] {
        [
            .text("\\frac{"), .formula(above, atLeast: .sum), .text("}{"), .formula(below, atLeast: .sum), .text("}"),
        ]
    }

    /// Factors side by side, with a dot where digits would meet.
    private func joined(_ factors: [Formula]) -> [Piece] {
        factors.enumerated().flatMap { index, factor -> [Piece] in
            let isDigit = factor.number != nil || factor.baseAndExponent.base.number != nil
            return [.text(index == 0 ? "" : isDigit ? " \\cdot " : " "), .formula(factor, atLeast: .power)]
        }
    }

    private func power(_ base: Formula, _ exponent: Formula) -> (pieces: [Piece], tightness: Tightness) {
        if exponent == .half {
            return ([.text("\\sqrt{"), .formula(base, atLeast: .sum), .text("}")], .atom)
        }
        if let number = exponent.number, number.isNegative {
            return (fraction(.one, number.whole == -1 ? base : .power(base, Formula(number.negated))), .product)
        }
        if let (function, argument) = base.functionAndArgument, let command = Self.commands[function],
            let whole = exponent.number?.whole, whole > 0, !command.contains("_")
        {
            return (
                [.text("\(command)^{\(whole)}\\left("), .formula(argument, atLeast: .sum), .text("\\right)")], .power
            )
        }
        return ([.formula(base, atLeast: .atom), .text("^{"), .formula(exponent, atLeast: .sum), .text("}")], .power)
    }

    private func call(_ function: Formula.Function, _ operands: [Formula]) -> (pieces: [Piece], tightness: Tightness) {
        let first = Piece.formula(operands[0], atLeast: .sum)
        switch function {
        case .exp: return ([.text("e^{"), first, .text("}")], .power)
        case .abs: return ([.text("\\left|"), first, .text("\\right|")], .atom)
        case .floor: return ([.text("\\left\\lfloor "), first, .text("\\right\\rfloor")], .atom)
        case .ceil: return ([.text("\\left\\lceil "), first, .text("\\right\\rceil")], .atom)
        case .cbrt: return ([.text("\\sqrt[3]{"), first, .text("}")], .atom)
        case .factorial: return ([.formula(operands[0], atLeast: .atom), .text("!")], .atom)
        case .polygamma:
            return (
                [
                    .text("\\psi^{("), first, .text(")}\\left("), .formula(operands[1], atLeast: .sum),
                    .text("\\right)"),
                ], .atom
            )
        default:
            let command = Self.commands[function] ?? "\\operatorname{\(function.rawValue)}"
            return ([.text(command + "\\left(")] + list(operands) + [.text("\\right)")], .atom)
        }
    }

    private func piecewise(_ relations: [Formula.Relation], _ operands: [Formula]) -> [Piece] {
        let signs: [Formula.Relation: String] = [
            .lessOrEqual: "\\le", .greaterOrEqual: "\\ge", .equal: "=", .notEqual: "\\ne",
        ]
        var pieces: [Piece] = [.text("\\begin{cases}")]
        for (index, relation) in relations.enumerated() {
            pieces += [
                .formula(operands[3 * index + 2], atLeast: .sum), .text(" & \\text{if } "),
                .formula(operands[3 * index], atLeast: .sum), .text(" \(signs[relation] ?? relation.rawValue) "),
                .formula(operands[3 * index + 1], atLeast: .sum), .text(" \\\\ "),
            ]
        }
        return pieces + [
            .formula(operands[3 * relations.count], atLeast: .sum), .text(" & \\text{otherwise}\\end{cases}"),
        ]
    }
}
