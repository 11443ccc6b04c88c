/// A formula with the text that it was read from, so that errors about its parts can point at them.
public struct ParsedFormula: Sendable {
    /// The formula.
    public let formula: Formula
    /// The text.
    public let text: String
    /// Where parts begin, in the order in which they were read.
    private let columns: [(formula: Formula, column: Int)]

    init(formula: Formula, text: String, columns: [(formula: Formula, column: Int)]) {
        (self.formula, self.text, self.columns) = (formula, text, columns)
    }

    /// Reads a formula; see `Formula.init(_:)`.
    public init(_ text: String) throws(SyntaxError) {
        var parser = Parser(text)
        self = try parser.parse()
    }

    /// Where a part of the formula begins in the text, in characters from 1; the first place of several.
    public func column(of part: Formula) -> Int? { columns.first { $0.formula == part }?.column }

    /// The message of an error, with a mark under the part that it names.
    public func message(_ error: EvaluationError) -> String {
        guard let column = column(of: error.subexpression) else { return error.description }
        return error.description + "\n" + marked(text, column: column)
    }

    /// The message of an error, with a mark under the part that it names, unless that is the whole.
    public func message(_ error: SymbolicError) -> String {
        guard error.subexpression != formula, let column = column(of: error.subexpression) else {
            return error.description
        }
        return error.description + "\n" + marked(text, column: column)
    }
}

extension Formula {
    /// Reads a formula from a text.
    ///
    /// From the loosest to the tightest: `+ −`; `* /` and products without a sign; a leading minus; `^`, from the right; `!`.
    /// So −x² is −(x²), 2^3^2 is 2^9 and 1/2x is (1/2)·x. `**`, `·`, `×`, `÷`, `−`, `π`, `∞` are understood too.
    ///
    /// A product needs no sign before a name or an opening bracket: `2x`, `2(x + 1)`, `(x + 1)(x − 1)`, `x y`. A name that a
    /// bracket follows at once is a function's, so `x(x + 1)` is an error and `x (x + 1)` a product. `xy` is one variable.
    ///
    /// Beside the functions of `Function`, which take the names `ln`, `arcsin`, … too, there are `sqrt(x)`, `log(x, base)`,
    /// `pow(x, y)`, `piecewise(x < 0, -x, x)` (pairs of condition and value, then the value otherwise), `sum(term, k, a, b)`,
    /// `integral(f, x, a, b)` and `derivative(f, x)`; the numbers `pi`, `e` and `infinity`. Decimals are exact.
    ///
    /// Brackets may be nested without limit. Work is bounded: a text has a million characters at most, a formula a thousand
    /// functions and powers within each other.
    ///
    /// - Throws: `SyntaxError`, with the column.
    public init(_ text: String) throws(SyntaxError) { self = try ParsedFormula(text).formula }
}
