extension Formula: CustomStringConvertible {
    /// The formula as text that `Formula.init(_:)` reads back as the same formula; longer than 16 MB it ends in an ellipsis.
    public var description: String { PlainNotation().write(self, limit: Self.writtenLimit) }

    /// The longest text that a formula is written as, in bytes.
    static let writtenLimit = 16_000_000

    /// The formula with Unicode's signs: x², √x, π, ·, |x|.
    public var unicode: String { UnicodeNotation().write(self, limit: Self.writtenLimit) }
}

/// Letters of a keyboard.
struct PlainNotation: Notation {
    func pieces(of formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let operands = formula.operands
        switch formula.kind {
        case .number(let number): return self.number(number)
        case .constant(let constant): return ([.text(constant.rawValue)], .atom)
        case .variable(let name): return ([.text(name)], .atom)
        case .sum: return (sum(formula), .sum)
        case .product: return (product(formula), .product)
        case .power: return power(formula)
        case .function(.factorial): return ([.formula(operands[0], atLeast: .atom), .text("!")], .atom)
        case .function(let function): return (call(function.rawValue, list(operands)), .atom)
        case .piecewise(let relations): return (call("piecewise", piecewise(relations, operands)), .atom)
        case .series(let index): return (call("sum", bound(index, operands)), .atom)
        case .integral(let variable): return (call("integral", bound(variable, operands)), .atom)
        case .derivative(let variable):
            return (call("derivative", list(operands) + [.text(", \(variable)")]), .atom)
        }
    }

    func call(_ name: String, _ arguments: [Piece]) -> [Piece] { [.text(name + "(")] + arguments + [.text(")")] }

    private func bound(_ variable: String, _ operands: [Formula]) -> [Piece] {
        list([operands[0]]) + [.text(", \(variable), ")] + list(Array(operands.dropFirst()))
    }

    private func piecewise(_ relations: [Formula.Relation], _ operands: [Formula]) -> [Piece] {
        var pieces: [Piece] = []
        for (index, relation) in relations.enumerated() {
            pieces += list([operands[3 * index]])
            pieces.append(.text(" \(relation.rawValue) "))
            pieces += list(Array(operands[(3 * index + 1)...(3 * index + 2)]))
            pieces.append(.text(", "))
        }
        return pieces + list([operands[3 * relations.count]])
    }

    private func number(_ number: Formula.Number) -> (pieces: [Piece], tightness: Tightness) {
        let text = number.text
        let isLoose = text.contains("/")
        return ([.text(text)], number.isNegative || isLoose ? .product : .atom)
    }

    private func sum(_ formula: Formula) -> [Piece] {
        formula.signedTerms.enumerated().flatMap { index, term -> [Piece] in
            let sign = index == 0 ? (term.isNegative ? "-" : "") : (term.isNegative ? " - " : " + ")
            return [.text(sign), .formula(term.magnitude, atLeast: .product)]
        }
    }

    /// The product with its sign; as a fraction if its order is that of one.
    private func product(_ formula: Formula) -> [Piece] {
        let (coefficient, rest) = formula.coefficientAndRest
        // Numbers that could not be multiplied stand one after the other.
        guard rest.number == nil, let (above, below) = formula.magnitudeFraction else { return sequence(formula) }
        let sign: [Piece] = coefficient.isNegative ? [.text("-")] : []
        let top = above.isEmpty ? [.text("1")] : joined(above)
        guard !below.isEmpty else { return sign + top }
        let bottom: [Piece] =
            below.count == 1
            ? [.formula(below[0], atLeast: .power)] : [.text("(")] + joined(below) + [.text(")")]
        return sign + top + [.text("/")] + bottom
    }

    private func joined(_ factors: [Formula]) -> [Piece] {
        factors.enumerated().flatMap { index, factor -> [Piece] in
            (index > 0 ? [.text("*")] : []) + [.formula(factor, atLeast: .power)]
        }
    }

    /// The factors in their order, each multiplied or divided by.
    private func sequence(_ formula: Formula) -> [Piece] {
        formula.factors.enumerated().flatMap { index, factor -> [Piece] in
            if index > 0, case .power = factor.kind, factor.operands[1].number?.whole == -1 {
                return [.text("/"), .formula(factor.operands[0], atLeast: .power)]
            }
            if index == 0, let number = factor.number {
                if number.whole == -1 { return [.text("-1")] }
                return [.formula(factor, atLeast: .product)]
            }
            return [.text(index > 0 ? "*" : ""), .formula(factor, atLeast: .power)]
        }
    }

    private func power(_ formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let (base, exponent) = (formula.operands[0], formula.operands[1])
        if exponent == .half { return (call("sqrt", list([base])), .atom) }
        if let number = exponent.number, number.isNegative {
            if number.whole == -1 { return ([.text("1/"), .formula(base, atLeast: .power)], .product) }
            let inverse = Formula.power(base, Formula(number.negated))
            if Formula.power(inverse, .minusOne) == formula {
                return ([.text("1/"), .formula(inverse, atLeast: .power)], .product)
            }
        }
        return (
            [
                .formula(base, atLeast: .atom), .text("^"),
                // Powers join from the right.
                .formula(exponent, atLeast: exponent.isPower && !exponent.isDivisor ? .power : .atom),
            ],
            .power
        )
    }
}

extension Formula {
    /// The fraction of the product without its sign.
    var magnitudeFraction: (above: [Formula], below: [Formula])? {
        coefficient.isNegative ? (-self).fraction : fraction
    }
}

extension Formula.Number {
    /// The number as it is read back: quotients as such, but decimals with many digits as decimals.
    var text: String {
        switch self {
        case .approximate(let value): return "\(value)"
        case .exact(let rational):
            return rational.denominator > 1000 ? decimalText(rational) ?? rational.description : rational.description
        }
    }

    /// The digits of a quotient whose denominator has no factors but 2 and 5.
    private func decimalText(_ rational: Rational) -> String? {
        var (scale, places) = (1, 0)
        while !scale.isMultiple(of: rational.denominator) {
            let (next, overflow) = scale.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            (scale, places) = (next, places + 1)
        }
        let (digits, overflow) = rational.numerator.magnitude.multipliedReportingOverflow(
            by: UInt(scale / rational.denominator))
        guard !overflow, digits <= UInt(Int.max) else { return nil }
        let text = String(digits)
        let padded = String(repeating: "0", count: Swift.max(0, places + 1 - text.count)) + text
        return (rational.numerator < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
    }
}
