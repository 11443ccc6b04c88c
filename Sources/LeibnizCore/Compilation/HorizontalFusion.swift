import LeibnizKernels

/// Joins kernels that walk the same loops over the same memory: it is then read once. The maximum over a pool's windows and
/// the choice of where it stands, for one, become two reductions of one nest.
struct HorizontalFusion {
    /// The kernels that are left, in an order in which they can run.
    private(set) var kernels: [LoweredKernel] = []

    private let program: Program
    /// The kernel after which a value is complete.
    private var completion: [Int: Int] = [:]
    private var places: [Walk: [Int]] = [:]

    /// The most scalars of a joined nest.
    private static let limit = 128

    /// What kernels that may be joined have in common.
    private struct Walk: Hashable {
        let outer: [Int]
        let stages: [[Int]]
        let input: Int

        /// One for each value that a kernel reads inside of its loops.
        static func all(of kernel: LoweredKernel, in nest: LoopNest) -> [Walk] {
            let outer = nest.outer.map { nest.axes[$0].extent }
            let stages = nest.stages.map { $0.axes.map { nest.axes[$0].extent } }
            return kernel.read.map { Walk(outer: outer, stages: stages, input: $0) }
        }
    }

    init(_ program: Program, _ given: [LoweredKernel]) {
        self.program = program
        for kernel in given { add(kernel) }
    }

    private mutating func add(_ kernel: LoweredKernel) {
        guard case .nest(let nest) = kernel.work, isCandidate(kernel, nest) else { return append(kernel, walks: []) }
        let walks = Walk.all(of: kernel, in: nest).filter { isLarge($0.input) }
        // What it reads is complete, and what it writes into is cleared, if it has to be.
        let ready = kernel.memory.map { completion[$0] ?? -1 }.max() ?? -1
        for place in walks.flatMap({ places[$0] ?? [] }) where place > ready {
            if let joined = joined(kernels[place], kernel) {
                kernels[place] = joined
                for number in kernel.written { completion[number] = place }
                return
            }
        }
        append(kernel, walks: walks)
    }

    private mutating func append(_ kernel: LoweredKernel, walks: [Walk]) {
        for walk in walks { places[walk, default: []].append(kernels.count) }
        for number in kernel.written { completion[number] = kernels.count }
        kernels.append(kernel)
    }

    /// Nests whose order of loops is free. What is computed again on purpose stays where it is.
    private func isCandidate(_ kernel: LoweredKernel, _ nest: LoopNest) -> Bool {
        kernel.awaited.isEmpty && nest.sequential.isEmpty && !nest.stages.contains(where: \.ordered)
            && nest.buffers.allSatisfy { $0.role != .update } && nest.values.count < Self.limit / 2
    }

    /// Whether reading a value twice costs more than a launch.
    private func isLarge(_ number: Int) -> Bool { program[number].type.byteCount >= 4096 }

    /// Both kernels as one.
    private func joined(_ first: LoweredKernel, _ second: LoweredKernel) -> LoweredKernel? {
        guard case .nest(let a) = first.work, case .nest(let b) = second.work else { return nil }
        let memory = first.memory + second.memory.filter { !first.memory.contains($0) }
        guard
            let nest = a.joined(
                b, buffers: second.memory.map { memory.firstIndex(of: $0) ?? 0 }, checks: first.checks.count),
            nest.values.count <= Self.limit
        else { return nil }
        return LoweredKernel(
            work: .nest(nest), memory: memory, checks: first.checks + second.checks,
            accesses: first.accesses, awaited: [])
    }
}
