import Foundation
import LeibnizSymbolic

extension Verification: CustomStringConvertible {
    /// A table of all methods for each derivative with the digits of agreement, then the verdict.
    public var description: String {
        var lines = [formula.map { "f = \($0) = \(value)" } ?? "f = \(value)"]
        for derivative in derivatives { lines += ["", "df/d\(derivative.name)"] + derivative.rows }
        lines += [""]
        if let symbolicRefusal { lines.append("no symbolic derivative: \(symbolicRefusal)") }
        lines.append(verdict)
        return lines.joined(separator: "\n")
    }

    /// One sentence: whether all agree, and if not where they part.
    public var verdict: String {
        let kinks = derivatives.filter(\.numerical.hasKink).map { derivative in
            "\(derivative.name), whose slopes to both sides are \(derivative.numerical.sides.left) and \(derivative.numerical.sides.right)"
        }
        let kink = kinks.isEmpty ? nil : "there is no derivative here by \(kinks.joined(separator: ", nor by "))"
        if agrees { return "all methods agree" + (kink.map { ", but \($0)" } ?? "") }
        if let culprit { return "the methods disagree: \(culprit)" }
        return "the methods disagree: "
            + (kink
                ?? "though each operation's rule is that of its values; rounding adds up, or the differences are too rough")
    }
}

extension VerifiedDerivative {
    /// A line for each method.
    fileprivate var rows: [String] {
        DerivativeMethod.allCases.compactMap { method in
            guard let value = values[method], let digits = digits(of: method) else { return nil }
            let name = method.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)
            let error = method == .numerical ? String(format: " ± %.1e", numerical.error) : ""
            let number = ("\(value)" + error).padding(toLength: 36, withPad: " ", startingAt: 0)
            let mark = agrees(method) == false ? "  differs" : ""
            return "  " + name + number + String(format: "%4.1f digits", digits) + mark
        }
    }
}
