/// The number of a register. Each holds a real number and an integer side by side; its type says which one counts.
typealias Slot = Int

/// One step of the interpreter.
enum Instruction {
    /// index[axis] ← 0.
    case enter(axis: Int)
    /// index[axis] ← index[axis] + 1; back to `body` while it is below the extent.
    case advance(axis: Int, extent: Int, body: Int)
    case integer(Slot, Int64)
    case float(Slot, Double)
    /// into ← from + stride·index[axis].
    case step(into: Slot, from: Slot, stride: Int, axis: Int)
    /// into ← guard ∧ 0 ≤ index < extent; without a guard (−1) the test alone.
    case test(into: Slot, index: Slot, extent: Int, guarded: Slot)
    /// A gathered part of an address: see `GatherStep`.
    case gather(Int)
    case load(into: Slot, ElementType, buffer: Int, address: Slot, guarded: Slot)
    case store(Slot, ElementType, buffer: Int, address: Slot, guarded: Slot)
    case accumulate(Slot, ElementType, buffer: Int, address: Slot, guarded: Slot)
    case floatUnary(UnaryOperation, ElementType, into: Slot, Slot)
    case floatTest(UnaryOperation, into: Slot, Slot)
    case integerUnary(UnaryOperation, ElementType, into: Slot, Slot)
    case floatBinary(BinaryOperation, ElementType, into: Slot, Slot, Slot)
    case integerBinary(BinaryOperation, ElementType, into: Slot, Slot, Slot)
    case floatCompare(Comparison, into: Slot, Slot, Slot)
    case integerCompare(Comparison, into: Slot, Slot, Slot)
    case select(into: Slot, Slot, Slot, Slot)
    case convert(into: Slot, ElementType, Slot, from: ElementType)
    case random(into: Slot, key: Slot, counter: Slot, word: Int)
    /// best ← the better of best and value; position ← the point's where value is strictly better, or position is −1.
    case choose(greatest: Bool, isFloat: Bool, best: Slot, position: Slot, Slot, at: Slot)
}

/// valid ← guard ∧ 0 ≤ value < extent; address ← from + stride·value where valid. Reports where only the range fails.
struct GatherStep {
    var valid, address: Slot
    var guarded, from, value: Slot
    var stride, extent: Int
    var check: Int?
    var position: Slot
}

/// A loop nest as a flat list of instructions, each placed in the outermost loop where all that it needs is known.
struct InterpreterProgram {
    var instructions: [Instruction] = []
    var gathers: [GatherStep] = []
    var registerCount = 0
    var axisCount = 0
    /// The elements of each buffer.
    var counts: [Int] = []
}

/// Writes the program of a nest whose structure is valid.
///
/// Loop levels: 0 before all loops, k inside the k-th outer loop; a stage has the next levels to itself, the first before
/// its loops. What a running reduction or a buffer that the nest writes goes into is evaluated where it is used.
struct InterpreterCompiler {
    /// What a register holds, so that equal things are calculated once.
    private enum Quantity: Hashable {
        case value(ValueID)
        case affine(Affine)
        case all([Bound])
        case best(Int)
    }

    /// A register and the loop level at which it is filled.
    private struct Place {
        var slot: Slot
        var level: Int
    }

    private let nest: LoopNest
    private var program = InterpreterProgram()
    /// What is placed so far and still holds.
    private var known: [Quantity: Place] = [:]
    /// Values that must be evaluated again after a store.
    private var unsteady: Set<ValueID> = []
    /// The instructions of each open loop level, and behind them the body of the innermost loop.
    private var heads: [[Instruction]] = []
    private var body: [Instruction] = []
    private var levelOfAxis: [Int: Int] = [:]
    private var accumulators: [Place] = []
    private var runningReductions: Set<Int> = []

    private var stageLevel: Int { nest.outer.count + 1 }
    private var bodyLevel: Int { heads.count }

    static func compile(_ nest: LoopNest) -> InterpreterProgram {
        var compiler = InterpreterCompiler(nest)
        compiler.compileNest()
        return compiler.program
    }

    private init(_ nest: LoopNest) {
        self.nest = nest
        program.axisCount = nest.axes.count
        program.counts = nest.buffers.map(\.count)
    }

    private mutating func newSlot() -> Slot {
        program.registerCount += 1
        return program.registerCount - 1
    }

    private mutating func append(_ instruction: Instruction, at level: Int) {
        if level < heads.count { heads[level].append(instruction) } else { body.append(instruction) }
    }

    // MARK: Loops

    private mutating func compileNest() {
        if nest.outer.contains(where: { nest.axes[$0].extent == 0 }) { return }
        for _ in nest.reductions { accumulators.append(Place(slot: newSlot(), level: 0)) }
        findUnsteadyValues()
        for (position, axis) in nest.outer.enumerated() { levelOfAxis[axis] = position + 1 }
        heads = Array(repeating: [], count: nest.outer.count + 1)
        let stages = nest.stages.map { compileStage($0) }

        // The jumps need final places, so the loops are laid out last, around the code of their levels.
        program.instructions = heads[0]
        var starts: [Int] = []
        for (position, axis) in nest.outer.enumerated() {
            program.instructions.append(.enter(axis: axis))
            starts.append(program.instructions.count)
            program.instructions += heads[position + 1]
        }
        for (stage, code) in zip(nest.stages, stages) { layOut(stage, code) }
        for (axis, start) in zip(nest.outer, starts).reversed() { close(axis, start) }
    }

    private mutating func close(_ axis: Int, _ start: Int) {
        program.instructions.append(.advance(axis: axis, extent: nest.axes[axis].extent, body: start))
    }

    /// The code of one stage by loop level, the first before its loops, the last its body; nil bodies never run.
    private struct StageCode {
        var heads: [[Instruction]]
        var body: [Instruction]
        var isEmpty: Bool
    }

    private mutating func layOut(_ stage: Stage, _ code: StageCode) {
        program.instructions += code.heads[0]
        if code.isEmpty { return }
        var starts: [Int] = []
        for (axis, head) in zip(stage.axes, code.heads.dropFirst()) {
            program.instructions.append(.enter(axis: axis))
            starts.append(program.instructions.count)
            program.instructions += head
        }
        program.instructions += code.body
        for (axis, start) in zip(stage.axes, starts).reversed() { close(axis, start) }
    }

    private mutating func compileStage(_ stage: Stage) -> StageCode {
        let outside = heads
        for (position, axis) in stage.axes.enumerated() { levelOfAxis[axis] = stageLevel + 1 + position }
        heads += Array(repeating: [], count: stage.axes.count + 1)
        body = []
        for number in stage.reductions { startReduction(number) }
        let isEmpty = stage.axes.contains { nest.axes[$0].extent == 0 }
        if !isEmpty {
            if stage.ordered { runningReductions = Set(stage.reductions) }
            for number in stage.reductions { updateReduction(number, of: stage) }
            for store in stage.stores { compileStore(store) }
            runningReductions = []
        }
        let code = StageCode(heads: Array(heads[stageLevel...]), body: body, isEmpty: isEmpty)
        heads = Array(heads[..<outside.count])
        known = known.filter { $0.value.level <= stageLevel }
        for axis in stage.axes { levelOfAxis[axis] = nil }
        return code
    }

    private mutating func startReduction(_ number: Int) {
        let reduction = nest.reductions[number]
        let type = nest.values[reduction.value].type
        let identity: (Slot) -> Instruction = {
            type.isFloatingPoint
                ? .float($0, ScalarSemantics.floatIdentity(reduction.operation))
                : .integer($0, ScalarSemantics.integerIdentity(reduction.operation, type))
        }
        let result = accumulators[number].slot
        switch reduction.operation {
        case .argMax, .argMin:
            let best = newSlot()
            known[.best(number)] = Place(slot: best, level: stageLevel)
            heads[stageLevel].append(identity(best))
            heads[stageLevel].append(.integer(result, -1))
        case .sum, .product, .max, .min:
            heads[stageLevel].append(identity(result))
        }
    }

    private mutating func updateReduction(_ number: Int, of stage: Stage) {
        let reduction = nest.reductions[number]
        let value = evaluate(reduction.value).slot
        let type = nest.values[reduction.value].type
        let result = accumulators[number].slot
        func combine(_ operation: BinaryOperation) -> Instruction {
            type.isFloatingPoint
                ? .floatBinary(operation, type, into: result, result, value)
                : .integerBinary(operation, type, into: result, result, value)
        }
        switch reduction.operation {
        case .sum: body.append(combine(.add))
        case .product: body.append(combine(.multiply))
        case .max: body.append(combine(.max))
        case .min: body.append(combine(.min))
        case .argMax, .argMin:
            var position = Affine()
            var stride = 1
            for axis in stage.axes.reversed() {
                position.add(stride, axis: axis)
                stride = stride &* nest.axes[axis].extent
            }
            guard let best = known[.best(number)]?.slot else { return }
            body.append(
                .choose(
                    greatest: reduction.operation == .argMax, isFloat: type.isFloatingPoint, best: best,
                    position: result, value, at: place(position).slot))
        }
    }

    private mutating func compileStore(_ store: Store) {
        let value = evaluate(store.value).slot
        for gather in store.access.gathers { _ = evaluate(gather.value) }
        let (address, guarded, _) = resolve(store.access)
        let type = nest.buffers[store.access.buffer].type
        let buffer = store.access.buffer
        body.append(
            store.mode == .write
                ? .store(value, type, buffer: buffer, address: address, guarded: guarded)
                : .accumulate(value, type, buffer: buffer, address: address, guarded: guarded))
        for value in unsteady { known[.value(value)] = nil }
    }

    // MARK: Values

    /// Values that read a buffer which the nest also writes.
    private mutating func findUnsteadyValues() {
        let written = Set(nest.stages.flatMap(\.stores).map(\.access.buffer))
        for (number, value) in nest.values.enumerated() {
            if case .load(let access) = value.operation, written.contains(access.buffer) { unsteady.insert(number) }
            if value.operation.operands.contains(where: unsteady.contains) { unsteady.insert(number) }
        }
    }

    /// The register of a value, after placing it and all that it needs, operands first.
    private mutating func evaluate(_ root: ValueID) -> Place {
        var needed: Set<ValueID> = []
        var open = [root]
        while let number = open.popLast() {
            if known[.value(number)] != nil || !needed.insert(number).inserted { continue }
            open += nest.values[number].operation.operands
        }
        for number in needed.sorted() {
            known[.value(number)] = evaluateNew(number)
        }
        return known[.value(root)] ?? Place(slot: 0, level: 0)
    }

    private func operand(_ number: ValueID) -> Place { known[.value(number)] ?? Place(slot: 0, level: 0) }

    private mutating func evaluateNew(_ number: ValueID) -> Place {
        let value = nest.values[number]
        let type = value.type
        if case .reduced(let reduction) = value.operation {
            let level = runningReductions.contains(reduction) ? bodyLevel : stageLevel
            return Place(slot: accumulators[reduction].slot, level: level)
        }
        if case .index(let affine) = value.operation { return place(affine) }
        if case .within(let bounds) = value.operation { return place(bounds) }
        let into = newSlot()
        var level = value.operation.operands.map { operand($0).level }.max() ?? 0
        if unsteady.contains(number) { level = bodyLevel }
        func slot(_ number: ValueID) -> Slot { operand(number).slot }
        func isFloat(_ number: ValueID) -> Bool { nest.values[number].type.isFloatingPoint }

        let instruction: Instruction
        switch value.operation {
        case .float(let x): instruction = .float(into, ScalarSemantics.rounded(x, to: type))
        case .integer(let x): instruction = .integer(into, x)
        case .load(let access):
            let resolved = resolve(access)
            level = max(level, resolved.level)
            instruction = .load(
                into: into, type, buffer: access.buffer, address: resolved.address, guarded: resolved.guarded)
        case .unary(let operation, let a):
            instruction =
                if operation == .isNaN || operation == .isFinite {
                    .floatTest(operation, into: into, slot(a))
                } else if isFloat(a) { .floatUnary(operation, type, into: into, slot(a)) } else {
                    .integerUnary(operation, type, into: into, slot(a))
                }
        case .binary(let operation, let a, let b):
            instruction =
                isFloat(a)
                ? .floatBinary(operation, type, into: into, slot(a), slot(b))
                : .integerBinary(operation, type, into: into, slot(a), slot(b))
        case .compare(let comparison, let a, let b):
            instruction =
                isFloat(a)
                ? .floatCompare(comparison, into: into, slot(a), slot(b))
                : .integerCompare(comparison, into: into, slot(a), slot(b))
        case .select(let condition, let a, let b):
            instruction = .select(into: into, slot(condition), slot(a), slot(b))
        case .convert(let a): instruction = .convert(into: into, type, slot(a), from: nest.values[a].type)
        case .random(let key, let counter, let word):
            instruction = .random(into: into, key: slot(key), counter: slot(counter), word: word)
        case .index, .within, .reduced: return Place(slot: into, level: level)
        }
        append(instruction, at: level)
        return Place(slot: into, level: level)
    }

    // MARK: Addresses

    /// The register of an affine function: one addition per term, each in the outermost loop that knows it.
    private mutating func place(_ affine: Affine) -> Place {
        if let place = known[.affine(affine)] { return place }
        func level(_ axis: Int) -> Int { levelOfAxis[axis] ?? 0 }
        let result: Place
        if let last = affine.terms.max(by: { level($0.axis) < level($1.axis) }) {
            var rest = affine
            rest.add(-last.stride, axis: last.axis)
            let from = place(rest)
            result = Place(slot: newSlot(), level: level(last.axis))
            append(
                .step(into: result.slot, from: from.slot, stride: last.stride, axis: last.axis), at: result.level)
        } else {
            result = Place(slot: newSlot(), level: 0)
            append(.integer(result.slot, Int64(affine.offset)), at: 0)
        }
        known[.affine(affine)] = result
        return result
    }

    /// The register of whether all bounds hold.
    private mutating func place(_ bounds: [Bound]) -> Place {
        if let place = known[.all(bounds)] { return place }
        let result: Place
        if let last = bounds.last {
            let before = bounds.count == 1 ? Place(slot: -1, level: 0) : place(Array(bounds.dropLast()))
            let index = place(last.index)
            result = Place(slot: newSlot(), level: max(before.level, index.level))
            append(
                .test(into: result.slot, index: index.slot, extent: last.extent, guarded: before.slot),
                at: result.level)
        } else {
            result = Place(slot: newSlot(), level: 0)
            append(.integer(result.slot, 1), at: 0)
        }
        known[.all(bounds)] = result
        return result
    }

    /// The registers of an address and of its guard (−1: none). Gathered values must have been evaluated.
    private mutating func resolve(_ access: Access) -> (address: Slot, guarded: Slot, level: Int) {
        var address = place(access.index)
        var guarded = access.bounds.isEmpty ? Place(slot: -1, level: 0) : place(access.bounds)
        for gather in access.gathers {
            let value = operand(gather.value)
            var level = max(address.level, guarded.level, value.level)
            var check: Int?
            var position = Place(slot: 0, level: 0)
            if case .report(let number, let affine) = gather.otherwise {
                check = number
                position = place(affine)
                level = max(level, position.level)
            }
            let step = GatherStep(
                valid: newSlot(), address: newSlot(), guarded: guarded.slot, from: address.slot, value: value.slot,
                stride: gather.stride, extent: gather.extent, check: check, position: position.slot)
            program.gathers.append(step)
            append(.gather(program.gathers.count - 1), at: level)
            (address, guarded) = (Place(slot: step.address, level: level), Place(slot: step.valid, level: level))
        }
        return (address.slot, guarded.slot, max(address.level, guarded.level))
    }
}
