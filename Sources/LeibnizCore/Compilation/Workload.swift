import LeibnizKernels

/// What computing the elements of a program's operations again would cost.
struct Workload {
    struct Cost {
        /// Simple arithmetic operations.
        var operations: Int
        /// Elements read from memory.
        var loads: Int
    }

    /// The fewest operations of what adds something up.
    private static let expensive = 1000

    private var costs: [Cost] = []
    private var rowCosts: [Cost] = []
    private let program: Program

    init(_ program: Program) {
        self.program = program
        costs.reserveCapacity(program.instructions.count)
        rowCosts.reserveCapacity(program.instructions.count)
        for (number, instruction) in program.instructions.enumerated() {
            costs.append(cost(of: number, instruction, instruction.operands.map { costs[$0] }))
            let isReduction = instruction.primitive is Reduce || instruction.primitive is ArgReduce
            rowCosts.append(
                isReduction
                    ? Cost(operations: 0, loads: 1)
                    : cost(of: number, instruction, instruction.operands.map { rowCosts[$0] }))
        }
    }

    private func cost(of number: Int, _ instruction: Program.Instruction, _ operands: [Cost]) -> Cost {
        let sum = operands.reduce(Cost(operations: 0, loads: 0)) {
            Cost(operations: min($0.operations + $1.operations, 1 << 20), loads: min($0.loads + $1.loads, 1 << 20))
        }
        switch instruction.primitive {
        case let pointwise as any PointwisePrimitive:
            let own = Self.weight(pointwise, instruction.operands.map { program[$0].type.elementType })
            return Cost(operations: sum.operations + own, loads: sum.loads)
        case is Fill, is Iota: return Cost(operations: 0, loads: 0)
        // What is expensive is computed where it is not padded yet, and read from there.
        case is Pad where sum.operations >= Self.expensive: return Cost(operations: 0, loads: 1)
        case is any ViewPrimitive:
            let operand = program[instruction.operands[0]].type.shape.count
            // What is repeated is done once for each row, or is in memory that stays near.
            let isRepeated = instruction.type.shape.count > operand + operand / 4
            return isRepeated ? Cost(operations: sum.operations > 8 ? 0 : sum.operations, loads: 0) : sum
        case is Barrier: return sum
        case let product as FixedProduct:
            let count = product.rows.map(\.count).max() ?? 1
            return Cost(operations: count * (sum.operations + 1), loads: count * sum.loads)
        case is TakeAlong: return Cost(operations: 1, loads: sum.loads + 1)
        case is any GeneratorPrimitive: return Cost(operations: 50, loads: 0)
        case is Input, is Concatenate, is ScatterAdd, is Prefix, is SortIndices, is Part, is any TuplePrimitive:
            return Cost(operations: 0, loads: 1)
        default: return Cost(operations: max(Self.expensive, region(of: number)), loads: 1)
        }
    }

    /// The cost of one element from memory and from constants.
    func cost(of number: Int) -> Cost { costs[number] }

    /// The cost of one element from the results of reductions, and from memory and constants.
    func rowCost(of number: Int) -> Cost { rowCosts[number] }

    /// How many elements each result of a reduction combines.
    func region(of number: Int) -> Int {
        let instruction = program[number]
        let operand = instruction.operands.first.map { program[$0].type.shape } ?? []
        switch instruction.primitive {
        case let reduce as Reduce: return reduce.axes.reduce(1) { $0 * operand[$1] }
        case let reduce as ArgReduce: return reduce.axes.reduce(1) { $0 * operand[$1] }
        case let contraction as Contraction:
            return zip(contraction.left, operand.extents).reduce(1) {
                contraction.output.contains($1.0) ? $0 : $0 * $1.1
            }
        default: return 1
        }
    }

    /// The cost of one application, found by lowering it on its own.
    private static func weight(_ primitive: any PointwisePrimitive, _ types: [ElementType]) -> Int {
        let builder = NestBuilder(name: "")
        let operands = types.enumerated().map { builder.add(.load(Access($0.offset, Affine(0))), $0.element) }
        _ = primitive.lowered(operands)
        return builder.nest.values.reduce(0) { sum, value in
            switch value.operation {
            case .float, .integer, .index, .load, .reduced, .within: sum
            case .unary(.negate, _), .unary(.abs, _), .unary(.not, _), .binary(.add, _, _), .binary(.subtract, _, _),
                .binary(.multiply, _, _),
                .binary(.max, _, _), .binary(.min, _, _), .compare, .select, .convert:
                sum + 1
            case .binary(.divide, _, _), .unary(.sqrt, _), .unary(.rsqrt, _): sum + 4
            case .unary, .binary, .random: sum + 12
            }
        }
    }
}
