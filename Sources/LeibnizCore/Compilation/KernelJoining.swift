import LeibnizKernels

/// Joins kernels that walk the same loops: what both need is then read once, and what one hands to the next never leaves the
/// registers.
///
/// Side by side: the maximum over a pool's windows and the choice of where it stands become two reductions of one nest. One
/// after the other: all that a long chain of pointwise operations and its derivatives need at one point is computed there.
struct KernelJoining {
    /// The kernels that are left, in an order in which they can run.
    private(set) var kernels: [LoweredKernel] = []

    private let program: Program
    private let isSurvey: Bool
    /// The kernel after which a value is complete.
    private var completion: [Int: Int] = [:]
    private var places: [Walk: [Int]] = [:]

    /// The most scalars of a joined nest.
    private static let limit = 128
    /// The most points of a reduction that may follow another: more of them deserve threads and tiles of their own.
    private static let smallRegion = 64

    /// What kernels that may be joined side by side have in common.
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

    /// - Parameters:
    ///   - kept: the instructions whose memory is wanted although no kernel reads it.
    ///   - isSurvey: whether the nests are for a search for layouts, which looks at accesses by their axes.
    init(_ program: Program, _ given: [LoweredKernel], kept: [Int], isSurvey: Bool = false) {
        (self.program, self.isSurvey) = (program, isSurvey)
        for kernel in given { add(kernel) }
        let wanted = Set(kept).union(kernels.flatMap(\.read)).union(kernels.flatMap(\.awaited))
        kernels = kernels.map { $0.writing(only: wanted) }
    }

    private mutating func add(_ kernel: LoweredKernel) {
        guard case .nest(let nest) = kernel.work, isCandidate(kernel, nest) else { return append(kernel, walks: []) }
        // What it reads is complete, and what it writes into is cleared, if it has to be.
        let ready = kernel.memory.map { completion[$0] ?? -1 }.max() ?? -1
        if ready >= 0, let joined = followed(kernels[ready], kernel) { return replace(ready, by: joined, kernel) }
        let walks = Walk.all(of: kernel, in: nest).filter { isLarge($0.input) }
        for place in walks.flatMap({ places[$0] ?? [] }) where place > ready {
            if let joined = joined(kernels[place], kernel) { return replace(place, by: joined, kernel) }
        }
        append(kernel, walks: walks)
    }

    private mutating func replace(_ place: Int, by joined: LoweredKernel, _ added: LoweredKernel) {
        kernels[place] = joined
        for number in added.written { completion[number] = place }
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

    /// Both kernels as one, side by side.
    private func joined(_ first: LoweredKernel, _ second: LoweredKernel) -> LoweredKernel? {
        joined(first, second) { $0.joined($1, buffers: $2, checks: first.checks.count) }
    }

    /// Both kernels as one, the second after the first at each point.
    private func followed(_ first: LoweredKernel, _ second: LoweredKernel) -> LoweredKernel? {
        guard case .nest(let a) = first.work, case .nest(let b) = second.work, isCandidate(first, a),
            !a.hasReductions || b.greatestRegion <= Self.smallRegion
        else { return nil }
        return joined(first, second) { $0.followed(by: $1, buffers: $2, checks: first.checks.count) }
    }

    private func joined(
        _ first: LoweredKernel, _ second: LoweredKernel,
        _ join: (LoopNest, LoopNest, [Int]) -> (nest: LoopNest, axes: [Int])?
    ) -> LoweredKernel? {
        guard case .nest(let a) = first.work, case .nest(let b) = second.work else { return nil }
        let memory = first.memory + second.memory.filter { !first.memory.contains($0) }
        let places = second.memory.map { memory.firstIndex(of: $0) ?? 0 }
        guard let (nest, axes) = join(a, b, places), nest.values.count <= Self.limit else { return nil }
        let moved = second.accesses.filter { !first.written.contains($0.number) }.map { access in
            MemoryAccess(
                number: access.number, index: access.index.map { $0.substituting(axes.map { Affine(0, [($0, 1)]) }) },
                isInner: access.isInner)
        }
        return LoweredKernel(
            work: .nest(isSurvey ? nest : nest.sharingWalks()), memory: memory, checks: first.checks + second.checks,
            accesses: first.accesses + moved, awaited: [])
    }
}

extension LoopNest {
    fileprivate var hasReductions: Bool { !reductions.isEmpty }

    /// The points of its largest reduction at one outer point.
    fileprivate var greatestRegion: Int {
        stages.map { $0.axes.reduce(1) { $0 * axes[$1].extent } }.max() ?? 1
    }
}

extension LoweredKernel {
    /// The same kernel without what it writes in vain.
    fileprivate func writing(only wanted: Set<Int>) -> LoweredKernel {
        guard case .nest(let nest) = work else { return self }
        let vain = memory.indices.filter { nest.buffers[$0].role == .output && !wanted.contains(memory[$0]) }
        if vain.isEmpty { return self }
        let (rest, kept) = nest.withoutStores(to: Set(vain))
        return LoweredKernel(
            work: .nest(rest), memory: kept.map { memory[$0] }, checks: checks,
            accesses: accesses.filter { access in !vain.contains { memory[$0] == access.number } }, awaited: awaited)
    }
}
