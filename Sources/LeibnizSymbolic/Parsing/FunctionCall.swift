/// A function's name and its arguments, as written.
struct FunctionCall {
    let name: String
    let arguments: [Formula]
    /// The comparison behind each argument.
    let relations: [Formula.Relation?]

    struct Refusal: Error {
        let summary: String
    }

    private static let aliases: [String: Formula.Function] = [
        "ln": .log, "arcsin": .asin, "arccos": .acos, "arctan": .atan, "arsinh": .asinh, "arcosh": .acosh,
        "artanh": .atanh, "sgn": .sign, "logistic": .sigmoid, "ceiling": .ceil, "loggamma": .lgamma,
    ]
    private static let special = [
        "sqrt", "pow", "hypot", "exp2", "expm1", "log1p", "atan2", "piecewise", "sum", "integral", "derivative",
    ]

    private static let functions = aliases.merging(Formula.Function.allCases.map { ($0.rawValue, $0) }) { $1 }
    private static let names = Set(functions.keys).union(special)

    static func isFunction(_ name: String) -> Bool { names.contains(name) }

    /// A function's name that differs by a letter or two.
    static func nearest(to name: String) -> String? {
        guard (2...12).contains(name.count) else { return nil }
        let (letters, limit) = (Array(name.lowercased().utf8), name.count > 3 ? 2 : 1)
        return spellings.first {
            abs($0.letters.count - letters.count) <= limit && editDistance(letters, $0.letters) <= limit
        }?.name
    }

    private static let spellings = (Formula.Function.allCases.map(\.rawValue) + aliases.keys.sorted() + special)
        .map { (name: $0, letters: Array($0.utf8)) }

    /// The formula that the call says.
    var formula: Result<Formula, Refusal> {
        if name != "piecewise", relations.contains(where: { $0 != nil }) {
            return refused("comparisons belong into piecewise(condition, value, otherwise)")
        }
        switch name {
        case "sqrt": return counted(1) { .sqrt($0[0]) }
        case "pow": return counted(2) { .power($0[0], $0[1]) }
        case "hypot": return counted(2) { .sqrt($0[0].raised(to: 2) + $0[1].raised(to: 2)) }
        case "exp2": return counted(1) { .power(.two, $0[0]) }
        case "expm1": return counted(1) { .exp($0[0]) - .one }
        case "log1p": return counted(1) { .log(.one + $0[0]) }
        case "atan2": return counted(2) { Self.angle($0[0], $0[1]) }
        case "log" where arguments.count == 2, "ln" where arguments.count == 2:
            return .success(.log(arguments[0]) / .log(arguments[1]))
        case "piecewise": return piecewise
        case "sum", "integral": return bound
        case "derivative":
            return counted(2) { $0 }.flatMap { parts in
                guard case .variable(let variable) = parts[1].kind else {
                    return refused("derivative(f, x) needs a variable as its second argument")
                }
                return .success(Formula(.derivative(variable), [parts[0]]))
            }
        default:
            guard let function = Self.functions[name] else { return refused("no function is called \(name)") }
            let counts = function.argumentCounts
            guard counts.contains(arguments.count) else {
                return refused(
                    "\(name) takes \(counts.lowerBound) argument\(counts.lowerBound == 1 ? "" : "s"), not \(arguments.count)"
                )
            }
            return .success(.function(function, arguments))
        }
    }

    /// The angle of the point (x, y), from −π to π: the arc tangent of whichever quotient has a value there.
    private static func angle(_ y: Formula, _ x: Formula) -> Formula {
        let (across, quarter) = (Formula.function(.atan, [x / y]), Formula.half * .pi)
        return Formula(
            .piecewise([.greater, .greater, .less, .less]),
            [
                x, .zero, .function(.atan, [y / x]), y, .zero, quarter - across, y, .zero, -quarter - across, x, .zero,
                .pi, .zero,
            ])
    }

    private func refused<Value>(_ summary: String) -> Result<Value, Refusal> { .failure(Refusal(summary: summary)) }

    private func counted<Value>(_ count: Int, _ make: ([Formula]) -> Value) -> Result<Value, Refusal> {
        arguments.count == count
            ? .success(make(arguments))
            : refused("\(name) takes \(count) argument\(count == 1 ? "" : "s"), not \(arguments.count)")
    }

    private var bound: Result<Formula, Refusal> {
        counted(4) { $0 }.flatMap { parts in
            guard case .variable(let variable) = parts[1].kind else {
                return refused("\(name)(f, x, a, b) needs a variable as its second argument")
            }
            return .success(
                name == "sum"
                    ? .series(parts[0], over: variable, from: parts[2], to: parts[3])
                    : .integral(parts[0], over: variable, from: parts[2], to: parts[3]))
        }
    }

    /// Condition and value by turns, then the value otherwise; a condition is two arguments with a comparison between.
    private var piecewise: Result<Formula, Refusal> {
        let wrong = "piecewise takes pairs of a condition and a value, then a value: piecewise(x < 0, -x, x)"
        guard arguments.count >= 4, arguments.count % 3 == 1 else { return refused(wrong) }
        var operands: [Formula] = []
        var signs: [Formula.Relation] = []
        for index in arguments.indices {
            let belongs = index % 3 == 0 && index < arguments.count - 1
            guard (relations[index] != nil) == belongs else { return refused(wrong) }
            if let relation = relations[index] { signs.append(relation) }
            operands.append(arguments[index])
        }
        return .success(Formula(.piecewise(signs), operands))
    }
}

/// The insertions, deletions and changes that make one short word of another (Levenshtein 1966).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            let change = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(change, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
