/// Reads a formula without recursion: open brackets are frames on a stack of its own.
struct Parser {
    private static let maximumLength = 1_000_000
    /// Functions and powers within each other.
    private static let maximumDepth = 1000
    /// Operands of all nodes that are made: nested sums are copied when they join, which is quadratic in a hostile text.
    private static let maximumWork = 10_000_000

    private struct Operand {
        var formula: Formula
        let column: Int
    }

    /// What stands before an operand and waits for it.
    private enum Prefix {
        case negation(column: Int)
        case base(Operand)
    }

    private struct Argument {
        let value: Operand
        /// The comparison behind it.
        let relation: Formula.Relation?
    }

    /// An open bracket, or the whole text, with all that was read behind it.
    private struct Frame {
        let function: String?
        /// Where the function's name is, or the bracket.
        let column: Int
        var arguments: [Argument] = []
        var terms: [Operand] = []
        var factors: [Operand] = []
        var isNegative = false
        var isDivided = false
        var prefixes: [Prefix] = []
    }

    private let text: String
    private var lexer: Lexer
    private var token: Token
    private var frames = [Frame(function: nil, column: 1)]
    private var columns: [(formula: Formula, column: Int)] = []
    private var work = 0
    private var result: Formula?

    init(_ text: String) {
        self.text = text
        lexer = Lexer(text)
        token = Token(kind: .end, column: 1)
    }

    private var frame: Frame {
        get { frames[frames.count - 1] }
        _modify { yield &frames[frames.count - 1] }
    }

    mutating func parse() throws(SyntaxError) -> ParsedFormula {
        guard text.utf8.count <= 4 * Self.maximumLength, lexer.count <= Self.maximumLength else {
            throw failure(.tooLarge, "the text is longer than \(Self.maximumLength) characters", Self.maximumLength + 1)
        }
        try advance()
        while true {
            var operand: Operand? = try nextOperand()
            while let current = operand { operand = try takeOperand(current) }
            if let result { return ParsedFormula(formula: result, text: text, columns: columns) }
        }
    }

    private mutating func advance() throws(SyntaxError) { token = try lexer.next() }

    private func failure(_ kind: SyntaxError.Kind, _ summary: String, _ column: Int? = nil) -> SyntaxError {
        SyntaxError(kind: kind, summary: summary, column: column ?? token.column, text: text)
    }

    /// Reads prefixes and opening brackets up to a number, a constant or a variable.
    private mutating func nextOperand() throws(SyntaxError) -> Operand {
        while true {
            let column = token.column
            switch token.kind {
            case .number(let number):
                try advance()
                return Operand(formula: Formula(number), column: column)
            case .name(let name):
                try advance()
                if let value = try named(name, column) { return Operand(formula: value, column: column) }
            case .open:
                try advance()
                frames.append(Frame(function: nil, column: column))
            case .minus:
                try advance()
                frame.prefixes.append(.negation(column: column))
            case .plus: try advance()
            case .end:
                throw failure(.missingOperand, "the formula ends where a number, a name or a bracket should follow")
            case .close:
                if frames.count == 1 { throw failure(.unbalancedBracket, "this bracket was never opened") }
                throw failure(.missingOperand, "a number, a name or a bracket should stand before this bracket")
            case .times, .divided, .power, .factorial, .comma, .relation:
                throw failure(.missingOperand, "a number, a name or a bracket should stand here")
            }
        }
    }

    /// The constant or variable of a name; nil where a function's bracket was opened.
    private mutating func named(_ name: String, _ column: Int) throws(SyntaxError) -> Formula? {
        let isFunction = FunctionCall.isFunction(name)
        // A bracket right behind a name, without a space, calls it.
        let isCalled = token.kind == .open && (isFunction || token.column == column + name.count)
        if isCalled {
            guard isFunction else {
                let near = FunctionCall.nearest(to: name).map { "; did you mean \($0)?" } ?? ""
                throw failure(
                    .unknownFunction, "no function is called \(name)\(near) (a product is \(name)*(…))", column)
            }
            try advance()
            frames.append(Frame(function: name, column: column))
            return nil
        }
        if isFunction { throw failure(.wrongArguments, "\(name) needs brackets, as in \(name)(x)", column) }
        switch name {
        case "pi", "π": return .pi
        case "e": return .e
        case "infinity", "inf", "oo": return .infinity
        default: return .variable(name)
        }
    }

    /// Puts an operand where it belongs and reads on to the next.
    ///
    /// - Returns: the value of a bracket that was closed, an operand itself; nil where an operand must follow, or at the end.
    private mutating func takeOperand(_ first: Operand) throws(SyntaxError) -> Operand? {
        var operand = first
        while token.kind == .factorial {
            try advance()
            operand.formula = try noted(.function(.factorial, [operand.formula]), operand.column)
        }
        if token.kind == .power {
            try advance()
            frame.prefixes.append(.base(operand))
            return nil
        }
        try append(factor: operand)
        switch token.kind {
        case .times, .divided:
            frame.isDivided = token.kind == .divided
            try advance()
        case .plus, .minus:
            try finishProduct()
            frame.isNegative = token.kind == .minus
            try advance()
        case .name, .open: break
        case .comma:
            guard frame.function != nil else {
                throw failure(.misplacedMark, "a comma belongs between a function's arguments")
            }
            try finishArgument(nil)
            try advance()
        case .relation(let relation):
            guard frame.function == "piecewise" else {
                throw failure(.misplacedMark, "comparisons belong into piecewise(condition, value, otherwise)")
            }
            try finishArgument(relation)
            try advance()
        case .close: return try close()
        case .end:
            guard frames.count == 1 else {
                throw failure(.unbalancedBracket, "this bracket is not closed", frame.column)
            }
            result = try finishSum().formula
        case .number: throw failure(.missingOperator, "a sign is missing before this number")
        case .power, .factorial: throw failure(.missingOperand, "a number, a name or a bracket should stand here")
        }
        return nil
    }

    private mutating func append(factor operand: Operand) throws(SyntaxError) {
        var (formula, column) = (operand.formula, operand.column)
        while let prefix = frame.prefixes.popLast() {
            switch prefix {
            case .negation(let start): (formula, column) = (-formula, start)
            case .base(let base): (formula, column) = (.power(base.formula, formula), base.column)
            }
            formula = try noted(formula, column)
        }
        if frame.isDivided {
            formula = try noted(.power(formula, .minusOne), column)
            frame.isDivided = false
        }
        frame.factors.append(Operand(formula: formula, column: column))
    }

    private mutating func finishProduct() throws(SyntaxError) {
        let column = frame.factors.first?.column ?? frame.column
        var product =
            frame.factors.count == 1 ? frame.factors[0].formula : Formula.product(frame.factors.map(\.formula))
        if frame.isNegative { product = -product }
        frame.terms.append(Operand(formula: try noted(product, column), column: column))
        frame.factors = []
        frame.isNegative = false
    }

    private mutating func finishSum() throws(SyntaxError) -> Operand {
        try finishProduct()
        let column = frame.terms.first?.column ?? frame.column
        let sum = frame.terms.count == 1 ? frame.terms[0].formula : Formula.sum(frame.terms.map(\.formula))
        frame.terms = []
        return Operand(formula: try noted(sum, column), column: column)
    }

    private mutating func finishArgument(_ relation: Formula.Relation?) throws(SyntaxError) {
        let value = try finishSum()
        frame.arguments.append(Argument(value: value, relation: relation))
    }

    private mutating func close() throws(SyntaxError) -> Operand {
        guard frames.count > 1 else { throw failure(.unbalancedBracket, "this bracket was never opened") }
        try advance()
        guard let name = frame.function else {
            let value = try finishSum()
            let column = frame.column
            frames.removeLast()
            return Operand(formula: value.formula, column: column)
        }
        try finishArgument(nil)
        let finished = frames.removeLast()
        let call = FunctionCall(
            name: name, arguments: finished.arguments.map(\.value.formula),
            relations: finished.arguments.map(\.relation))
        switch call.formula {
        case .success(let formula):
            return Operand(formula: try noted(formula, finished.column), column: finished.column)
        case .failure(let reason): throw failure(.wrongArguments, reason.summary, finished.column)
        }
    }

    /// Remembers where a formula begins, and that work is bounded.
    private mutating func noted(_ formula: Formula, _ column: Int) throws(SyntaxError) -> Formula {
        work += formula.operands.count
        guard formula.depth <= Self.maximumDepth, work <= Self.maximumWork else {
            throw failure(
                .tooLarge, "the formula is nested too deeply: \(Self.maximumDepth) levels are allowed", column)
        }
        columns.append((formula, column))
        return formula
    }
}
