extension Formula {
    /// The formula's tree as a graph in the language of Graphviz; equal parts are one node.
    public var graphviz: String {
        var lines = ["digraph formula {", "    node [shape=box, style=rounded]"]
        var names: [Formula: String] = [:]
        _ = folded { (formula, operands: [String]) -> String in
            if let name = names[formula] { return name }
            let name = "n\(names.count)"
            names[formula] = name
            lines.append("    \(name) [label=\"\(formula.label)\"]")
            for operand in operands { lines.append("    \(name) -> \(operand)") }
            return name
        }
        return lines.joined(separator: "\n") + "\n}"
    }

    private var label: String {
        switch kind {
        case .number(let number): number.text
        case .constant(let constant): constant.rawValue
        case .variable(let name): name
        case .sum: "+"
        case .product: "·"
        case .power: "^"
        case .function(let function): function.rawValue
        case .piecewise(let relations): "piecewise " + relations.map(\.rawValue).joined(separator: " ")
        case .series(let index): "Σ \(index)"
        case .integral(let variable): "∫ d\(variable)"
        case .derivative(let variable): "d/d\(variable)"
        }
    }
}
