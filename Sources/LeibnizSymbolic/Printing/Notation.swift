/// How tightly a part of a written formula holds together; what is looser than its place demands is put in brackets.
enum Tightness: Int, Comparable {
    case sum, product, power, atom

    static func < (a: Tightness, b: Tightness) -> Bool { a.rawValue < b.rawValue }
}

/// A piece of a written formula: letters, or a part that is still to be written.
enum Piece {
    case text(String)
    case formula(Formula, atLeast: Tightness)
}

/// A way to write formulas.
protocol Notation {
    /// The pieces of a formula, and how tightly they hold together.
    func pieces(of formula: Formula) -> (pieces: [Piece], tightness: Tightness)
    /// What is put around pieces that are too loose.
    var brackets: (open: String, close: String) { get }
}

extension Notation {
    var brackets: (open: String, close: String) { ("(", ")") }

    /// Writes a formula, without recursion.
    ///
    /// - Parameter limit: the text's greatest length in bytes; what would be longer ends in an ellipsis.
    func write(_ formula: Formula, limit: Int) -> String {
        var text = ""
        var pending = [Piece.formula(formula, atLeast: .sum)]
        while let piece = pending.popLast() {
            switch piece {
            case .text(let letters): text += letters
            case .formula(let part, let least):
                let (pieces, tightness) = pieces(of: part)
                let isLoose = tightness < least
                if isLoose {
                    text += brackets.open
                    pending.append(.text(brackets.close))
                }
                pending.append(contentsOf: pieces.reversed())
            }
            if text.utf8.count > limit { return text + "…" }
        }
        return text
    }

    /// A list of formulas with commas between.
    func list(_ formulas: [Formula], separator: String = ", ") -> [Piece] {
        formulas.enumerated().flatMap { index, formula -> [Piece] in
            (index > 0 ? [.text(separator)] : []) + [.formula(formula, atLeast: .sum)]
        }
    }
}

extension Formula {
    /// The terms of a sum as they are written: the sign, and what follows it.
    var signedTerms: [(isNegative: Bool, magnitude: Formula)] {
        terms.map { $0.coefficient.isNegative ? (true, -$0) : (false, $0) }
    }

    /// The parts of a fraction that stands for a product: what is above, and what is below as it is written there, with
    /// exponents above zero. Nil where the order of its factors is not that of a fraction, or would not be read back.
    var fraction: (above: [Formula], below: [Formula])? {
        var (above, below): ([Formula], [Formula]) = ([], [])
        var hasDivisor = false
        for (index, factor) in factors.enumerated() {
            if index == 0, let number = factor.rational {
                if number.numerator != 1 { above.append(Formula(number.numerator)) }
                if number.denominator != 1 { below.append(Formula(number.denominator)) }
            } else if let inverse = factor.inverseOfPower {
                // A number below would be multiplied into the coefficient on reading.
                guard inverse.number == nil else { return nil }
                below.append(inverse)
                hasDivisor = true
            } else {
                guard !hasDivisor else { return nil }
                above.append(factor)
            }
        }
        return (above, below)
    }

    /// bⁿ for b⁻ⁿ with a number n above zero.
    private var inverseOfPower: Formula? {
        guard case .power = kind, let exponent = operands[1].number, exponent.isNegative else { return nil }
        // (bᵐ)⁻¹ of a power below zero is not read back as this.
        if exponent.whole == -1 { return operands[0] }
        let inverse = Formula.power(operands[0], Formula(exponent.negated))
        return Formula.power(inverse, .minusOne) == self ? inverse : nil
    }
}
