import Foundation
import LeibnizCore
import LeibnizSymbolic

extension GradientExplanation {
    /// The chain rule as Markdown: a table of the values forward, and one of the adjoints in reverse.
    public var markdown: String {
        var lines = ["**Forward**", "", "| step | formula | shape | value |", "|---|---|---|---|"]
        for step in steps {
            let formula = step.contributions.isEmpty && !isComputed(step) ? step.operation : step.formula.tableCell
            lines.append("| \(step.name) | \(formula) | \(step.shape) | \(step.value.shortText) |")
        }
        lines += [
            "", "**Reverse**, with v̄ for ∂f/∂v", "", "| from | to | chain rule | local partial | gain |",
            "|---|---|---|---|---|",
        ]
        if let last = steps.last { lines.append("| | \(last.name) | \(last.name.barred) = 1 | | 1 |") }
        for step in steps.reversed() {
            for contribution in step.contributions {
                let rule = "\(contribution.operand.barred) += " + rule(step, contribution)
                let partial = contribution.partialValue?.shortText ?? ""
                lines.append(
                    "| \(step.name) | \(contribution.operand) | \(rule.tableCell) | \(partial) | \(contribution.gain.shortText) |"
                )
            }
        }
        lines += ["", "**Gradient**", ""]
        for step in steps where step.operation == "argument" {
            lines.append("- ∂f/∂\(step.name) = \(step.adjoint.shortText)")
        }
        return lines.joined(separator: "\n")
    }

    private func isComputed(_ step: Step) -> Bool { step.operation != "argument" && step.operation != "constant" }

    /// What a step passes back, in words for what is not pointwise.
    private func rule(_ step: Step, _ contribution: Contribution) -> String {
        if let partial = contribution.partial {
            if partial == Formula(1) { return step.name.barred }
            let text = partial.unicode
            let isLong = partial.operands.count > 1 && !text.hasSuffix(")") || text.contains(" ")
            return step.name.barred + "·" + (isLong || text.hasPrefix("-") || text.hasPrefix("−") ? "(\(text))" : text)
        }
        if contribution.partialValue != nil { return "\(step.name.barred)·∂\(step.name)/∂\(contribution.operand)" }
        return "adjoint of \(step.operation), applied to \(step.name.barred)"
    }

    /// The chain rule as LaTeX: aligned equations with the numbers beside them.
    public var latex: String {
        var lines = ["\\begin{align*}"]
        for step in steps {
            let formula = isComputed(step) ? " = \(step.latex)" : ""
            lines.append("\(step.name.symbol) &\(formula) = \(step.value.shortLaTeX) \\\\")
        }
        if let last = steps.last { lines.append("\\bar{\(last.name.symbol)} & = 1 \\\\") }
        for step in steps.reversed() {
            for contribution in step.contributions {
                let (to, from) = (contribution.operand.symbol, step.name.symbol)
                let partial =
                    contribution.partial.map { "\\left(\($0.latex)\\right)" }
                    ?? "\\frac{\\partial \(from)}{\\partial \(to)}"
                lines.append(
                    "\\bar{\(to)} & \\mathrel{+}= \\bar{\(from)} \\cdot \(partial) = \(contribution.gain.shortLaTeX) \\\\"
                )
            }
        }
        for step in steps where step.operation == "argument" {
            lines.append("\\frac{\\partial f}{\\partial \(step.name.symbol)} & = \(step.adjoint.shortLaTeX) \\\\")
        }
        lines.append("\\end{align*}")
        return lines.joined(separator: "\n")
    }
}

extension GradientExplanation: CustomStringConvertible {
    /// The Markdown.
    public var description: String { markdown }
}

extension String {
    /// The name with a bar over its first letter: what an adjoint is called.
    fileprivate var barred: String { prefix(1) + "\u{0304}" + dropFirst() }

    /// A name in LaTeX.
    fileprivate var symbol: String { Formula.variable(self).latex }

    /// The text where a bar would end a cell of a table.
    fileprivate var tableCell: String { replacingOccurrences(of: "|", with: "\\|") }
}

extension Tensor {
    private static let shown = 6

    /// The first elements to six digits, and how many there are where that is not all.
    fileprivate var shortNumbers: [String] {
        let numbers = (try? doubles()) ?? []
        let texts = numbers.prefix(Self.shown).map { String(format: "%.6g", $0) }
        return texts + (numbers.count > Self.shown ? ["…"] : [])
    }

    fileprivate var shortText: String {
        shape.rank == 0 ? shortNumbers.first ?? "" : "[" + shortNumbers.joined(separator: ", ") + "]"
    }

    fileprivate var shortLaTeX: String {
        let numbers = shortNumbers.map { $0 == "…" ? "\\dots" : $0 }
        return shape.rank == 0
            ? numbers.first ?? "" : "\\left[" + numbers.joined(separator: ", ") + "\\right]"
    }
}
