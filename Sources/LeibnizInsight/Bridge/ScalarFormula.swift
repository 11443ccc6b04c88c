import LeibnizCore
import LeibnizKernels
import LeibnizSymbolic

/// An element of a tensor as an expression: a number, or whether something holds.
enum ElementFormula {
    case number(Formula)
    case condition(Condition)

    /// What holds or does not.
    indirect enum Condition {
        case always(Bool)
        case comparison(Formula, Formula.Relation, Formula)
        case both(Condition, Condition)
        case either(Condition, Condition)
        case not(Condition)
    }

    /// A known value; truth values are 0 and 1.
    init(_ value: Double, isTruth: Bool) throws(Untold) {
        if isTruth {
            self = .condition(.always(value != 0))
        } else if let formula = Formula(value) {
            self = .number(formula)
        } else if value == .infinity || value == -.infinity {
            self = .number(value < 0 ? -.infinity : .infinity)
        } else {
            throw Untold(what: "NaN")
        }
    }

    /// The number; 1 or 0 for a condition.
    var number: Formula {
        switch self {
        case .number(let formula): formula
        case .condition(let condition): condition.choosing(Formula(1), Formula(0))
        }
    }

    /// The condition; that it is not 0 for a number.
    var condition: Condition {
        switch self {
        case .number(let formula): .comparison(formula, .notEqual, Formula(0))
        case .condition(let condition): condition
        }
    }

    /// An operation that no formula says.
    struct Untold: Error {
        let what: String
    }
}

extension ElementFormula.Condition {
    /// The first where it holds, else the second.
    func choosing(_ a: Formula, _ b: Formula) -> Formula {
        if a == b { return a }
        switch self {
        case .always(let holds): return holds ? a : b
        case .comparison(let left, let relation, let right):
            return .piecewise([(left, relation, right, a)], otherwise: b)
        case .both(let first, let second): return first.choosing(second.choosing(a, b), b)
        case .either(let first, let second): return first.choosing(a, second.choosing(a, b))
        case .not(let condition): return condition.choosing(b, a)
        }
    }
}

extension TracedFunction.Step {
    /// A pointwise operation on one element of each operand.
    ///
    /// Functions that formulas know by the same name are those; all others are read from how they are lowered to scalars, so that no
    /// primitive has its formula written twice.
    func formula(of operands: [ElementFormula]) throws(ElementFormula.Untold) -> ElementFormula {
        if let function = Formula.Function(rawValue: name), function.argumentCounts.contains(operands.count) {
            return .number(.function(function, operands.map(\.number)))
        }
        if name == "power", let exponent: Double = attribute("exponent"), let exponent = Formula(exponent) {
            return .number(.power(operands[0].number, exponent))
        }
        if name.hasPrefix("polygamma"), let order: Int = attribute("order") {
            return .number(.function(.polygamma, [Formula(order), operands[0].number]))
        }
        guard let (values, result) = scalars else { throw ElementFormula.Untold(what: name) }
        var formulas: [ElementFormula] = []
        for value in values { formulas.append(try value.formula(formulas, operands)) }
        return formulas[result]
    }
}

extension Value {
    /// A scalar of a lowered operation, from the earlier ones and the operands, which are loads.
    fileprivate func formula(
        _ earlier: [ElementFormula], _ operands: [ElementFormula]
    ) throws(ElementFormula.Untold) -> ElementFormula {
        switch operation {
        case .float(let number): return try ElementFormula(number, isTruth: false)
        case .integer(let number): return try ElementFormula(Double(number), isTruth: type == .bool)
        case .load(let access): return operands[access.buffer]
        case .unary(let operation, let x): return try operation.formula(earlier[x], type)
        case .binary(let operation, let a, let b): return try operation.formula(earlier[a], earlier[b], type)
        case .compare(let comparison, let a, let b):
            return .condition(.comparison(earlier[a].number, comparison.relation, earlier[b].number))
        case .select(let condition, let a, let b):
            return .number(earlier[condition].condition.choosing(earlier[a].number, earlier[b].number))
        case .convert(let x):
            if type == .bool { return .condition(earlier[x].condition) }
            guard type.isFloatingPoint else { throw ElementFormula.Untold(what: "a conversion to \(type)") }
            return .number(earlier[x].number)
        case .index, .within, .random, .reduced: throw ElementFormula.Untold(what: "\(operation)")
        }
    }
}

extension UnaryOperation {
    fileprivate func formula(_ x: ElementFormula, _ type: ElementType) throws(ElementFormula.Untold) -> ElementFormula {
        let number = x.number
        switch self {
        case .negate: return .number(-number)
        case .expm1: return .number(.function(.exp, [number]) - Formula(1))
        case .log1p: return .number(.function(.log, [Formula(1) + number]))
        case .sqrt: return .number(.squareRoot(number))
        case .rsqrt: return .number(Formula(1) / .squareRoot(number))
        case .not where type == .bool: return .condition(.not(x.condition))
        // Formulas are of real numbers.
        case .isNaN: return .condition(.always(false))
        case .isFinite: return .condition(.always(true))
        case .abs, .sign, .exp, .log, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh, .sigmoid, .erf,
            .lgamma, .digamma, .floor, .ceil, .round, .not:
            guard let function = Formula.Function(rawValue: rawValue) else {
                throw ElementFormula.Untold(what: rawValue)
            }
            return .number(.function(function, [number]))
        }
    }
}

extension BinaryOperation {
    fileprivate func formula(
        _ a: ElementFormula, _ b: ElementFormula, _ type: ElementType
    ) throws(ElementFormula.Untold) -> ElementFormula {
        if type == .bool {
            switch self {
            case .and, .min: return .condition(.both(a.condition, b.condition))
            case .or, .max: return .condition(.either(a.condition, b.condition))
            default: throw ElementFormula.Untold(what: rawValue)
            }
        }
        let (x, y) = (a.number, b.number)
        switch self {
        case .add: return .number(x + y)
        case .subtract: return .number(x - y)
        case .multiply: return .number(x * y)
        case .divide: return .number(x / y)
        case .remainder: return .number(x - .function(.floor, [x / y]) * y)
        case .power: return .number(.power(x, y))
        case .max: return .number(.function(.max, [x, y]))
        case .min: return .number(.function(.min, [x, y]))
        case .atan2: return .number(.angle(x, y))
        case .and, .or, .xor, .shiftLeft, .shiftRight: throw ElementFormula.Untold(what: rawValue)
        }
    }
}

extension Formula {
    fileprivate static func squareRoot(_ x: Formula) -> Formula { Formula(0.5).map { .power(x, $0) } ?? x }

    /// atan2(y, x), quadrant by quadrant.
    fileprivate static func angle(_ y: Formula, _ x: Formula) -> Formula {
        let (zero, principal) = (Formula(0), Formula.function(.atan, [y / x]))
        return .piecewise(
            [
                (x, .greater, zero, principal),
                (x, .less, zero, .piecewise([(y, .less, zero, principal - .pi)], otherwise: principal + .pi)),
            ], otherwise: .pi / Formula(2) * .function(.sign, [y]))
    }
}

extension Comparison {
    var relation: Formula.Relation {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        }
    }
}
