/// A formula made ready to be evaluated at many points: each shared part is computed once.
///
/// ```swift
/// let program = try FormulaProgram(Formula("x^2 + y"), variables: ["x", "y"])
/// try program([3, 1])   // 10
/// ```
///
/// Errors are values until the result depends on them: a branch of `piecewise` that is not taken may divide by zero.
public struct FormulaProgram: Sendable {
    /// Computes an integral: of a function, from a number to another, either of which may be infinite. Throws where it fails.
    public typealias Quadrature =
        @Sendable (_ integrand: (Double) throws -> Double, _ lower: Double, _ upper: Double) throws
        -> (value: Double, error: Double)

    /// What an instruction computes from the slots of its operands.
    private enum Operation {
        case value(Double)
        case argument(Int)
        case sum, product, power
        case function(Formula.Function)
        case piecewise([Formula.Relation])
        /// Bodies take one argument more than the program: the bound variable, last.
        case series(FormulaProgram)
        case integral(FormulaProgram)
    }

    private struct Instruction {
        let operation: Operation
        let operands: [Int]
        let formula: Formula
    }

    /// What a slot holds: a number, or why there is none.
    private struct Slot {
        var value = Double.nan
        var fault: EvaluationError?
    }

    /// The names of the arguments, in the order in which they are given.
    public let variables: [String]
    private var instructions: [Instruction] = []
    private let quadrature: Quadrature

    /// Operations of one evaluation, over all terms of its sums.
    private static let maximumWork = 10_000_000

    /// Prepares a formula.
    ///
    /// - Parameters:
    ///   - variables: the order of the arguments; those that do not occur are allowed.
    ///   - quadrature: computes what integrals the formula holds; an adaptive Gauss–Kronrod rule by default.
    /// - Throws: an `EvaluationError` for a variable that `variables` does not name, or a derivative that cannot be carried out.
    public init(
        _ formula: Formula, variables: [String], quadrature: @escaping Quadrature = adaptiveQuadrature
    ) throws(EvaluationError) {
        self.variables = variables
        self.quadrature = quadrature
        let places = Dictionary(variables.enumerated().map { ($1, $0) }) { _, last in last }
        // Bodies of sums and integrals are programs within programs; their nesting is bounded.
        do {
            _ = try compile(formula, places, nesting: 0)
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(kind: .outsideDomain, summary: "\(error)", subexpression: formula)
        }
    }

    private init(
        _ formula: Formula, _ variables: [String], _ quadrature: @escaping Quadrature, nesting: Int
    ) throws {
        self.variables = variables
        self.quadrature = quadrature
        guard nesting <= 16 else {
            throw EvaluationError(
                kind: .tooMuchWork, summary: "more than 16 sums and integrals lie within each other",
                subexpression: formula)
        }
        let places = Dictionary(variables.enumerated().map { ($1, $0) }) { _, last in last }
        _ = try compile(formula, places, nesting: nesting)
    }

    private mutating func compile(_ formula: Formula, _ places: [String: Int], nesting: Int) throws -> Int {
        var bodies: [ObjectIdentifier: FormulaProgram] = [:]
        var slots: [Formula: Int] = [:]
        // Bodies have variables of their own: they are left out of this walk.
        var pending = [(formula: formula, isExpanded: false)]
        while let (part, isExpanded) = pending.popLast() {
            if slots[part] != nil { continue }
            if !isExpanded {
                pending.append((part, true))
                switch part.kind {
                case .series(let bound), .integral(let bound):
                    bodies[ObjectIdentifier(part.node)] = try FormulaProgram(
                        part.operands[0], variables + [bound], quadrature, nesting: nesting + 1)
                    pending += part.operands.dropFirst().map { ($0, false) }
                case .derivative(let variable):
                    let derivative = try part.operands[0].differentiated(by: variable)
                    pending.append((derivative, false))
                default: pending += part.operands.map { ($0, false) }
                }
                continue
            }
            let operation = try operation(of: part, places, body: bodies[ObjectIdentifier(part.node)])
            var operands = part.operands
            switch part.kind {
            case .series, .integral: operands.removeFirst()
            case .derivative(let variable):
                operands = [try part.operands[0].differentiated(by: variable)]
            default: break
            }
            slots[part] = instructions.count
            instructions.append(
                Instruction(operation: operation, operands: operands.compactMap { slots[$0] }, formula: part))
        }
        return instructions.count - 1
    }

    private func operation(of part: Formula, _ places: [String: Int], body: FormulaProgram?) throws -> Operation {
        switch part.kind {
        case .number(let number): return .value(number.doubleValue)
        case .constant(.pi): return .value(.pi)
        case .constant(.e): return .value(2.718281828459045)
        case .constant(.infinity): return .value(.infinity)
        case .variable(let name):
            guard let place = places[name] else {
                throw EvaluationError(
                    kind: .unknownVariable, summary: "the variable \(name) has no value", subexpression: part)
            }
            return .argument(place)
        case .sum, .derivative: return .sum
        case .product: return .product
        case .power: return .power
        case .function(let function): return .function(function)
        case .piecewise(let relations): return .piecewise(relations)
        case .series: return body.map(Operation.series) ?? .sum
        case .integral: return body.map(Operation.integral) ?? .sum
        }
    }
}

extension FormulaProgram {
    /// The value at a point.
    ///
    /// - Parameter arguments: the variables' values, in their order.
    /// - Throws: an `EvaluationError` where there is none.
    public func callAsFunction(_ arguments: [Double]) throws(EvaluationError) -> Double {
        var work = 0
        let slot = run(arguments, &work)
        if let fault = slot.fault { throw fault }
        return slot.value
    }

    private func run(_ arguments: [Double], _ work: inout Int) -> Slot {
        var slots = [Slot](repeating: Slot(), count: instructions.count)
        for place in instructions.indices {
            let instruction = instructions[place]
            work += 1 + instruction.operands.count
            slots[place] = value(instruction, slots, arguments, &work)
        }
        return slots.last ?? Slot()
    }

    private func value(_ instruction: Instruction, _ slots: [Slot], _ arguments: [Double], _ work: inout Int) -> Slot {
        let operands = instruction.operands
        if case .piecewise(let relations) = instruction.operation { return choice(relations, operands, slots) }
        for operand in operands where slots[operand].fault != nil { return slots[operand] }
        func operand(_ index: Int) -> Double { slots[operands[index]].value }
        func fault(_ kind: EvaluationError.Kind, _ summary: String) -> Slot {
            Slot(fault: EvaluationError(kind: kind, summary: summary, subexpression: instruction.formula))
        }
        switch instruction.operation {
        case .value(let value): return Slot(value: value)
        case .argument(let place):
            guard place < arguments.count, !arguments[place].isNaN else {
                return fault(.unknownVariable, "the variable \(instruction.formula) has no value")
            }
            return Slot(value: arguments[place])
        case .sum:
            var sum = 0.0
            for operand in operands { sum += slots[operand].value }
            return sum.isNaN ? fault(.indeterminate, "a difference of infinities has no value") : Slot(value: sum)
        case .product:
            var product = 1.0
            for operand in operands { product *= slots[operand].value }
            return product.isNaN ? fault(.indeterminate, "zero times infinity has no value") : Slot(value: product)
        case .power:
            let (base, exponent) = (operand(0), operand(1))
            let power = realPower(base, exponent)
            if base == 0 && exponent < 0 { return fault(.divisionByZero, "division by zero") }
            guard power.isNaN else { return Slot(value: power) }
            return fault(.outsideDomain, "\(base.written) has no real power with the exponent \(exponent.written)")
        case .function(let function):
            let values = operands.map { slots[$0].value }
            let value = function.value(values)
            guard value.isNaN || function.isPole(values) else { return Slot(value: value) }
            return fault(.outsideDomain, function.refusal(of: values))
        case .piecewise: return Slot()
        case .series(let body): return series(body, operand(0), operand(1), arguments, fault, &work)
        case .integral(let body): return integral(body, operand(0), operand(1), arguments, fault, &work)
        }
    }

    private func choice(_ relations: [Formula.Relation], _ operands: [Int], _ slots: [Slot]) -> Slot {
        for (index, relation) in relations.enumerated() {
            let (left, right) = (slots[operands[3 * index]], slots[operands[3 * index + 1]])
            if left.fault != nil { return left }
            if right.fault != nil { return right }
            if relation.holds(left.value, right.value) { return slots[operands[3 * index + 2]] }
        }
        return slots[operands[3 * relations.count]]
    }

    /// Σ, term by term; of an infinite number of terms as many as still change the sum.
    private func series(
        _ body: FormulaProgram, _ first: Double, _ last: Double, _ arguments: [Double],
        _ fault: (EvaluationError.Kind, String) -> Slot, _ work: inout Int
    ) -> Slot {
        guard first == first.rounded(), last == last.rounded() || last == .infinity, first.isFinite, last > -.infinity
        else { return fault(.notSummable, "the bounds of a sum must be whole numbers, or infinity above") }
        var (sum, compensation, index, quiet) = (0.0, 0.0, first, 0)
        var arguments = arguments + [first]
        while index <= last {
            guard work < Self.maximumWork, index - first < 1e6 else {
                return fault(
                    last == .infinity ? .notSummable : .tooMuchWork,
                    last == .infinity
                        ? "the sum did not settle within a million terms" : "the sum has too many terms")
            }
            arguments[arguments.count - 1] = index
            let term = body.run(arguments, &work)
            if term.fault != nil { return term }
            // Neumaier's compensated addition.
            let next = sum + term.value
            compensation += abs(sum) >= abs(term.value) ? (sum - next) + term.value : (term.value - next) + sum
            sum = next
            guard sum.isFinite else { return Slot(value: sum) }
            quiet = abs(term.value) <= abs(sum) * 1e-17 ? quiet + 1 : 0
            if last == .infinity && quiet >= 20 { break }
            index += 1
        }
        return Slot(value: sum + compensation)
    }

    private func integral(
        _ body: FormulaProgram, _ lower: Double, _ upper: Double, _ arguments: [Double],
        _ fault: (EvaluationError.Kind, String) -> Slot, _ work: inout Int
    ) -> Slot {
        struct OutOfWork: Error {}
        var inner = work
        defer { work = inner }
        do {
            let value = try quadrature(
                { x in
                    guard inner < Self.maximumWork else { throw OutOfWork() }
                    let slot = body.run(arguments + [x], &inner)
                    if let fault = slot.fault { throw fault }
                    return slot.value
                }, lower, upper
            ).value
            return value.isNaN ? fault(.notSummable, "the integral was not found to converge") : Slot(value: value)
        } catch let error as EvaluationError {
            return Slot(fault: error)
        } catch is OutOfWork {
            return fault(.tooMuchWork, "the integral takes too much work")
        } catch {
            return fault(.notSummable, "\(error)")
        }
    }
}

extension Formula {
    /// The value at a point.
    ///
    /// - Parameter point: the variables' values by name.
    /// - Throws: an `EvaluationError` that names the part without a value.
    public func evaluated(at point: [String: Double] = [:]) throws(EvaluationError) -> Double {
        let names = point.keys.sorted()
        return try FormulaProgram(self, variables: names)(names.map { point[$0] ?? .nan })
    }
}

extension Double {
    /// A number without a needless `.0`.
    var written: String { self == rounded() && Swift.abs(self) < 1e15 ? "\(Int(self))" : "\(self)" }
}
