import LeibnizKernels

/// An output of a program that replaces an input, both by their places.
struct Replacement: Hashable, Sendable {
    let output: Int
    let input: Int
}

/// An output that may be written into the memory of the input that it replaces.
struct InPlaceUpdate: Sendable {
    let replacement: Replacement
    /// The instructions of both.
    let (output, input): (Int, Int)
    /// Whether the output begins as a copy of the input, which then need not be made.
    let startsAsCopy: Bool
}

/// Finds the updates that can take place where the old value is: a parameter's, of which nobody wants the old value.
///
/// A plan that fails must leave everything as it was. So the writer of such an output waits for all readers of the input, and for
/// a test of every index that is looked up.
struct InPlaceUpdates {
    private let program: Program
    private let kernels: [LoweredKernel]
    private let bases: [Int]
    private let layouts: Layouts
    private var readers: [Int: [Int]] = [:]
    private var writers: [Int: [Int]] = [:]
    /// The kernels that may find an index that nobody else has looked at.
    private var mayFail: Set<Int> = []

    /// - Parameter bases: the instructions whose memory the program's outputs are.
    init(_ program: Program, _ kernels: [LoweredKernel], bases: [Int], _ layouts: Layouts) {
        (self.program, self.kernels, self.bases, self.layouts) = (program, kernels, bases, layouts)
        var owners: [IndexCheck.Test: Int] = [:]
        for (place, kernel) in kernels.enumerated() {
            for number in kernel.read { readers[number, default: []].append(place) }
            for number in kernel.written { writers[number, default: []].append(place) }
            for test in kernel.wholeTests where owners[test] == nil { owners[test] = place }
        }
        for (place, kernel) in kernels.enumerated()
        where kernel.checks.contains(where: { owners[$0.test] == nil || owners[$0.test] == place })
            || kernel.work.mayFailInside
        {
            mayFail.insert(place)
        }
    }

    /// The updates that can be in place, all at once; `dependences` then sees to it that they come late enough.
    ///
    /// Of two that read each other's old value only one can; the largest are asked first.
    func chosen(_ replacements: [Replacement], _ dependences: inout KernelDependences) -> [InPlaceUpdate] {
        let sizes = replacements.map { program[bases[$0.output]].type.byteCount }
        let order = replacements.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }
        return order.map { replacements[$0] }.compactMap { replacement in
            let (output, input) = (bases[replacement.output], program.inputs[replacement.input])
            let isPossible =
                output != input && program[output].type == program[input].type
                && layouts[output].isRowMajor && layouts[input].isRowMajor
                && !bases.contains(input) && bases.count { $0 == output } == 1 && readers[output] == nil
            guard isPossible, let own = writers[output], let last = own.last else { return nil }
            let startsAsCopy = own.count == 2 && isCopy(own[0], of: input, to: output)
            guard startsAsCopy ? adds(last, to: output) : own.count == 1 && replaces(last, input, by: output) else {
                return nil
            }
            let awaited = Set(readers[input] ?? []).subtracting(own).union(mayFail)
            let reads = kernels[last].read.contains(input)
            // One that may fail may have written some elements by then.
            guard !mayFail.contains(last), !(startsAsCopy && reads), !dependences.isAwaited(last, by: awaited) else {
                return nil
            }
            for earlier in awaited { dependences.add(earlier, before: last) }
            return InPlaceUpdate(replacement: replacement, output: output, input: input, startsAsCopy: startsAsCopy)
        }
    }

    /// Whether a kernel does nothing but fill an output with an input.
    private func isCopy(_ place: Int, of input: Int, to output: Int) -> Bool {
        guard program[output].primitive is ScatterAdd, program[output].operands.count == 3,
            program[output].operands[2] == input
        else { return false }
        return kernels[place].read == [input] && kernels[place].written == [output]
    }

    /// Whether a kernel only adds to what an output holds.
    private func adds(_ place: Int, to output: Int) -> Bool {
        guard case .nest(let nest) = kernels[place].work else { return false }
        return zip(kernels[place].memory, nest.buffers).allSatisfy { $0.0 != output || $0.1.role == .update }
    }

    /// Whether a kernel looks at an element of the input only when it writes the same element of the output.
    private func replaces(_ place: Int, _ input: Int, by output: Int) -> Bool {
        guard case .nest(let nest) = kernels[place].work,
            let written = kernels[place].memory.firstIndex(of: output), nest.buffers[written].role == .output
        else { return false }
        var stores: [(stage: Int, access: Access)] = []
        for (number, stage) in nest.stages.enumerated() {
            for store in stage.stores where store.access.buffer == written { stores.append((number, store.access)) }
        }
        guard stores.count == 1, let store = stores.first, store.access.gathers.isEmpty else { return false }
        guard let read = kernels[place].memory.firstIndex(of: input) else { return true }
        let looks = nest.looks(at: read)
        for value in nest.values.indices {
            guard case .load(let access) = nest.values[value].operation, access.buffer == read else { continue }
            guard access.index == store.access.index, access.gathers.isEmpty else { return false }
        }
        return nest.stages.enumerated().allSatisfy { number, stage in
            stage.reductions.allSatisfy { !looks[nest.reductions[$0].value] }
                && stage.stores.allSatisfy { other in
                    !other.access.gathers.contains { looks[$0.value] } && (number == store.stage || !looks[other.value])
                }
        }
    }
}

extension PlanWork {
    /// Whether a loop's body may find something wrong.
    fileprivate var mayFailInside: Bool { if case .control(let control) = self { control.mayFail } else { false } }
}

extension IndexCheck {
    /// What is tested: the elements of an instruction, against an extent.
    struct Test: Hashable {
        let number: Int
        let extent: Int
    }

    var test: Test { Test(number: number, extent: extent) }
}

extension LoweredKernel {
    /// The tests that it makes of all elements.
    fileprivate var wholeTests: [IndexCheck.Test] {
        guard case .nest(let nest) = work else { return [] }
        let loads = nest.values.compactMap { value -> Access? in
            if case .load(let access) = value.operation { access } else { nil }
        }
        let accesses = loads + nest.stages.flatMap { $0.stores.map(\.access) }
        return accesses.filter(\.bounds.isEmpty).flatMap { access in
            access.gathers.compactMap { gather in
                guard case .report(let check, let position) = gather.otherwise,
                    nest.visitsAll(checks[check].indices.count, by: position)
                else { return nil }
                return checks[check].test
            }
        }
    }
}

extension LoopNest {
    /// Whether an affine function takes all values of 0 ..< count, in some order.
    fileprivate func visitsAll(_ count: Int, by position: Affine) -> Bool {
        var reached = 1
        for term in position.terms.sorted(by: { $0.stride < $1.stride }) {
            if axes[term.axis].extent == 1 { continue }
            guard term.stride == reached else { return false }
            reached *= axes[term.axis].extent
        }
        return reached == count && position.offset == 0
    }

    /// For each value, whether it is computed from an element of a buffer, reductions aside.
    fileprivate func looks(at buffer: Int) -> [Bool] {
        var result: [Bool] = []
        for value in values {
            var looks = value.operands.contains { result[$0] }
            if case .load(let access) = value.operation, access.buffer == buffer { looks = true }
            result.append(looks)
        }
        return result
    }
}
