/// A loop nest run by a plain interpreter on the caller's thread: slow and obvious, the oracle of compiled kernels, and
/// what runs where no compiler is found.
///
/// Reductions add in row-major order, one value after the other, rounding each time. An address that leaves its buffer,
/// which `LoopNest.validate` would have refused, is never touched: a load gives zero, a store does nothing, and the
/// status record gets `brokenNest`.
public struct InterpretedKernel: Kernel {
    /// The `failedCheck` of a nest that computed an address outside a buffer; `position` is the buffer's number.
    public static let brokenNest: Int64 = -1

    /// The nest that it runs.
    public let nest: LoopNest
    private let program: InterpreterProgram

    /// Prepares a nest; throws what is wrong with its structure. Linear in the nest's size.
    public init(_ nest: LoopNest) throws(LoopNestError) {
        try nest.validateStructure()
        self.nest = nest
        program = InterpreterCompiler.compile(nest)
    }

    /// Runs the nest; `pool` is not used.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>,
        pool: ThreadPool
    ) {
        let floats = UnsafeMutablePointer<Double>.allocate(capacity: program.registerCount + 1)
        let integers = UnsafeMutablePointer<Int64>.allocate(capacity: program.registerCount + 1)
        let indices = UnsafeMutablePointer<Int>.allocate(capacity: program.axisCount + 1)
        floats.initialize(repeating: 0, count: program.registerCount + 1)
        integers.initialize(repeating: 0, count: program.registerCount + 1)
        indices.initialize(repeating: 0, count: program.axisCount + 1)
        defer {
            floats.deallocate()
            integers.deallocate()
            indices.deallocate()
        }
        program.instructions.withUnsafeBufferPointer { instructions in
            program.gathers.withUnsafeBufferPointer { gathers in
                program.counts.withUnsafeBufferPointer { counts in
                    guard let code = instructions.baseAddress else { return }
                    let machine = InterpreterMachine(
                        floats: floats, integers: integers, indices: indices, buffers: buffers, counts: counts,
                        gathers: gathers, status: status)
                    machine.run(code, count: instructions.count)
                }
            }
        }
    }
}

/// The registers of one run and the meaning of every instruction.
private struct InterpreterMachine {
    let floats: UnsafeMutablePointer<Double>
    let integers: UnsafeMutablePointer<Int64>
    let indices: UnsafeMutablePointer<Int>
    let buffers: UnsafePointer<UnsafeMutableRawPointer>
    let counts: UnsafeBufferPointer<Int>
    let gathers: UnsafeBufferPointer<GatherStep>
    let status: UnsafeMutablePointer<KernelStatus>

    func run(_ code: UnsafePointer<Instruction>, count: Int) {
        var next = 0
        while next < count {
            let current = next
            next = current + 1
            switch code[current] {
            case .enter(let axis):
                indices[axis] = 0
            case .advance(let axis, let extent, let body):
                let index = indices[axis] + 1
                indices[axis] = index
                if index < extent { next = body }
            case .integer(let into, let x):
                integers[into] = x
            case .float(let into, let x):
                floats[into] = x
            case .step(let into, let from, let stride, let axis):
                integers[into] = integers[from] &+ Int64(stride &* indices[axis])
            case .test(let into, let index, let extent, let guarded):
                let i = integers[index]
                let holds = i >= 0 && i < Int64(extent) && (guarded < 0 || integers[guarded] != 0)
                integers[into] = holds ? 1 : 0
            case .gather(let number):
                gather(number)
            case .load(let into, let type, let buffer, let address, let guarded):
                load(into, type, buffer, address, guarded)
            case .store(let value, let type, let buffer, let address, let guarded):
                store(value, type, buffer, address, guarded)
            case .accumulate(let value, let type, let buffer, let address, let guarded):
                accumulate(value, type, buffer, address, guarded)
            case .floatUnary(let operation, let type, let into, let a):
                let x = ScalarSemantics.float(operation, floats[a])
                floats[into] = type == .float32 ? Double(Float(x)) : x
            case .floatTest(let operation, let into, let a):
                integers[into] = ScalarSemantics.test(operation, floats[a]) ?? 0
            case .integerUnary(let operation, let type, let into, let a):
                integers[into] = ScalarSemantics.integer(operation, integers[a], type)
            case .floatBinary(let operation, let type, let into, let a, let b):
                let x = ScalarSemantics.float(operation, floats[a], floats[b])
                floats[into] = type == .float32 ? Double(Float(x)) : x
            case .integerBinary(let operation, let type, let into, let a, let b):
                integers[into] = ScalarSemantics.integer(operation, integers[a], integers[b], type)
            case .floatCompare(let comparison, let into, let a, let b):
                integers[into] = ScalarSemantics.compare(comparison, floats[a], floats[b]) ? 1 : 0
            case .integerCompare(let comparison, let into, let a, let b):
                integers[into] = ScalarSemantics.compare(comparison, integers[a], integers[b]) ? 1 : 0
            case .select(let into, let condition, let a, let b):
                let chosen = integers[condition] != 0 ? a : b
                floats[into] = floats[chosen]
                integers[into] = integers[chosen]
            case .convert(let into, let type, let a, let from):
                convert(into, type, a, from)
            case .random(let into, let key, let counter, let word):
                integers[into] = ScalarSemantics.random(key: integers[key], counter: integers[counter], word: word)
            case .choose(let greatest, let isFloat, let best, let position, let value, let at):
                choose(greatest, isFloat, best, position, value, at)
            }
        }
    }

    private func gather(_ number: Int) {
        let step = gathers[number]
        integers[step.valid] = 0
        if step.guarded >= 0 && integers[step.guarded] == 0 { return }
        let value = integers[step.value]
        if value >= 0 && value < Int64(step.extent) {
            integers[step.valid] = 1
            integers[step.address] = integers[step.from] &+ value &* Int64(step.stride)
        } else if let check = step.check {
            report(Int64(check) &+ 1, value, integers[step.position])
        }
    }

    /// The first report stays.
    private func report(_ check: Int64, _ value: Int64, _ position: Int64) {
        if status.pointee.failedCheck != 0 { return }
        status.pointee.failedCheck = check
        status.pointee.value = value
        status.pointee.position = position
    }

    /// The element index of an access; nil where it is guarded off or outside the buffer.
    private func element(_ buffer: Int, _ address: Slot, _ guarded: Slot) -> Int? {
        if guarded >= 0 && integers[guarded] == 0 { return nil }
        let index = integers[address]
        if index >= 0 && index < Int64(counts[buffer]) { return Int(index) }
        report(InterpretedKernel.brokenNest, index, Int64(buffer))
        return nil
    }

    private func load(_ into: Slot, _ type: ElementType, _ buffer: Int, _ address: Slot, _ guarded: Slot) {
        guard let index = element(buffer, address, guarded) else {
            floats[into] = 0
            integers[into] = 0
            return
        }
        let base = buffers[buffer]
        switch type {
        case .float32: floats[into] = Double(base.assumingMemoryBound(to: Float.self)[index])
        case .float64: floats[into] = base.assumingMemoryBound(to: Double.self)[index]
        case .int32: integers[into] = Int64(base.assumingMemoryBound(to: Int32.self)[index])
        case .int64: integers[into] = base.assumingMemoryBound(to: Int64.self)[index]
        case .uint8: integers[into] = Int64(base.assumingMemoryBound(to: UInt8.self)[index])
        case .bool: integers[into] = base.assumingMemoryBound(to: UInt8.self)[index] == 0 ? 0 : 1
        }
    }

    private func store(_ value: Slot, _ type: ElementType, _ buffer: Int, _ address: Slot, _ guarded: Slot) {
        guard let index = element(buffer, address, guarded) else { return }
        let base = buffers[buffer]
        switch type {
        case .float32: base.assumingMemoryBound(to: Float.self)[index] = Float(floats[value])
        case .float64: base.assumingMemoryBound(to: Double.self)[index] = floats[value]
        case .int32: base.assumingMemoryBound(to: Int32.self)[index] = Int32(truncatingIfNeeded: integers[value])
        case .int64: base.assumingMemoryBound(to: Int64.self)[index] = integers[value]
        case .uint8, .bool:
            base.assumingMemoryBound(to: UInt8.self)[index] = UInt8(truncatingIfNeeded: integers[value])
        }
    }

    private func accumulate(_ value: Slot, _ type: ElementType, _ buffer: Int, _ address: Slot, _ guarded: Slot) {
        guard let index = element(buffer, address, guarded) else { return }
        let base = buffers[buffer]
        switch type {
        case .float32: base.assumingMemoryBound(to: Float.self)[index] += Float(floats[value])
        case .float64: base.assumingMemoryBound(to: Double.self)[index] += floats[value]
        case .int32: base.assumingMemoryBound(to: Int32.self)[index] &+= Int32(truncatingIfNeeded: integers[value])
        case .int64: base.assumingMemoryBound(to: Int64.self)[index] &+= integers[value]
        case .uint8, .bool:
            base.assumingMemoryBound(to: UInt8.self)[index] &+= UInt8(truncatingIfNeeded: integers[value])
        }
    }

    private func convert(_ into: Slot, _ type: ElementType, _ a: Slot, _ from: ElementType) {
        switch (from.isFloatingPoint, type.isFloatingPoint) {
        case (true, true): floats[into] = ScalarSemantics.rounded(floats[a], to: type)
        case (true, false): integers[into] = ScalarSemantics.integer(floats[a], as: type)
        case (false, true): floats[into] = ScalarSemantics.float(integers[a], as: type)
        case (false, false): integers[into] = ScalarSemantics.wrapped(integers[a], to: type)
        }
    }

    private func choose(
        _ greatest: Bool, _ isFloat: Bool, _ best: Slot, _ position: Slot, _ value: Slot, _ at: Slot
    ) {
        let better: Bool
        if isFloat {
            let (x, y) = (floats[value], floats[best])
            // A NaN beats every number, and nothing beats it.
            better = !y.isNaN && (x.isNaN || (greatest ? x > y : x < y))
        } else {
            better = greatest ? integers[value] > integers[best] : integers[value] < integers[best]
        }
        if better || integers[position] < 0 {
            floats[best] = floats[value]
            integers[best] = integers[value]
            integers[position] = integers[at]
        }
    }
}
