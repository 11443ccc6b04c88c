/// Unicode's signs, for people alone.
struct UnicodeNotation: Notation {
    private let plain = PlainNotation()

    private static let names: [Formula.Function: String] = [
        .log: "ln", .gamma: "Γ", .lgamma: "ln|Γ|", .digamma: "ψ", .beta: "Β", .sigmoid: "σ", .log2: "log₂",
        .log10: "log₁₀",
    ]

    func pieces(of formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let operands = formula.operands
        switch formula.kind {
        case .constant(.pi): return ([.text("π")], .atom)
        case .constant(.infinity): return ([.text("∞")], .atom)
        case .function(.abs): return ([.text("|"), .formula(operands[0], atLeast: .sum), .text("|")], .atom)
        case .function(.floor): return ([.text("⌊"), .formula(operands[0], atLeast: .sum), .text("⌋")], .atom)
        case .function(.ceil): return ([.text("⌈"), .formula(operands[0], atLeast: .sum), .text("⌉")], .atom)
        case .function(.cbrt): return ([.text("∛"), .formula(operands[0], atLeast: .atom)], .atom)
        case .function(let function):
            guard let name = Self.names[function] else { return plain.pieces(of: formula) }
            return (plain.call(name, list(operands)), .atom)
        case .power:
            if operands[1] == .half { return ([.text("√"), .formula(operands[0], atLeast: .atom)], .atom) }
            guard let exponent = operands[1].number?.whole, exponent > 0 else { return spelled(formula) }
            return ([.formula(operands[0], atLeast: .atom), .text(superscript(exponent))], .power)
        case .series(let index):
            return (
                [
                    .text("Σ[\(index) = "), .formula(operands[1], atLeast: .sum), .text(" … "),
                    .formula(operands[2], atLeast: .sum), .text("] "), .formula(operands[0], atLeast: .product),
                ], .sum
            )
        case .integral(let variable):
            return (
                [
                    .text("∫["), .formula(operands[1], atLeast: .sum), .text(" … "),
                    .formula(operands[2], atLeast: .sum),
                    .text("] "), .formula(operands[0], atLeast: .product), .text(" d\(variable)"),
                ], .sum
            )
        case .derivative(let variable):
            return ([.text("d/d\(variable) "), .formula(operands[0], atLeast: .power)], .product)
        case .number, .constant, .variable, .sum, .product, .piecewise: return spelled(formula)
        }
    }

    /// The plain pieces with Unicode's signs between.
    private func spelled(_ formula: Formula) -> (pieces: [Piece], tightness: Tightness) {
        let (pieces, tightness) = plain.pieces(of: formula)
        let signs = pieces.map { piece -> Piece in
            guard case .text(let text) = piece else { return piece }
            let signs = ["*": "·", " - ": " − ", "-": "−", " <= ": " ≤ ", " >= ": " ≥ ", " != ": " ≠ ", " == ": " = "]
            return .text(signs[text] ?? text)
        }
        return (signs, tightness)
    }

    private func superscript(_ number: Int) -> String {
        let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        return String("\(number)".compactMap { $0.wholeNumberValue.map { digits[$0] } })
    }
}
