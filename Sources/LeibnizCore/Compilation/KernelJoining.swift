import LeibnizKernels

/// Joins kernels that walk the same loops: what both need is then read once, and what one hands to the next never leaves the
/// registers.
///
/// Side by side: the maximum over a pool's windows and the choice of where it stands become two reductions of one nest. One
/// after the other: all that a long chain of pointwise operations and its derivatives need at one point is computed there.
struct KernelJoining {
    /// The kernels that are left, in an order in which they can run.
    var kernels: [LoweredKernel] = []

    /// The given program, and what joining has put into memory besides.
    var program: Program
    private let isSurvey: Bool
    /// The kernels that write a value, by rising place: what is joined from pieces is complete after the last of them.
    private var writers: [Int: [Int]] = [:]
    private var places: [Walk: [Int]] = [:]

    /// The most scalars of a joined nest.
    private static let limit = 256
    /// The most points of a reduction that may follow another: more of them deserve threads and tiles of their own, unless there are
    /// rows enough to share, each of which stays in a core's cache.
    private static let smallRegion = 64
    private static let (fewestRows, longestRow) = (64, 1 << 16)
    /// What may still come from a cache.
    private static let cachedBytes = 1 << 22

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
        if !isSurvey { sumColumns() }
        let wanted = Set(kept).union(kernels.flatMap(\.read)).union(kernels.flatMap(\.awaited))
        kernels = kernels.map { $0.writing(only: wanted) }
        if isSurvey { return }
        kernels = kernels.map { kernel in
            guard case .nest(let nest) = kernel.work else { return kernel }
            return kernel.computing(nest.keepingCostly())
        }
    }

    private mutating func add(_ kernel: LoweredKernel) {
        guard case .nest(let nest) = kernel.work, isCandidate(kernel, nest) else { return append(kernel, walks: []) }
        // What it reads is complete, and what it writes into is cleared, if it has to be.
        let ready = kernel.memory.map { writers[$0]?.last ?? -1 }.max() ?? -1
        if ready >= 0, let joined = followed(kernels[ready], kernel) {
            guard ready == kernels.count - 1 else { return replace(ready, by: joined, kernel) }
            // Both together may follow an earlier one, which the first alone did not need.
            for number in kernels.removeLast().written { _ = writers[number]?.popLast() }
            return add(joined)
        }
        let walks = Walk.all(of: kernel, in: nest).filter { isLarge($0.input) }
        for place in walks.flatMap({ places[$0] ?? [] }) where place > ready && place < kernels.count {
            if let joined = joined(kernels[place], kernel) { return replace(place, by: joined, kernel) }
        }
        if let last = kernels.last, flowsAgainst(last, kernel), let joined = followed(last, kernel) {
            return replace(kernels.count - 1, by: joined, kernel)
        }
        append(kernel, walks: walks)
    }

    /// Whether one of two kernels mostly reads and the other mostly writes, each more than stays in a cache: memory then serves both
    /// directions at once.
    private func flowsAgainst(_ first: LoweredKernel, _ second: LoweredKernel) -> Bool {
        func bytes(_ numbers: [Int]) -> Int { Set(numbers).reduce(0) { $0 + program[$1].type.byteCount } }
        let (a, b) = ((bytes(first.read), bytes(first.written)), (bytes(second.read), bytes(second.written)))
        let isOpposite = a.0 > 2 * a.1 && b.1 > 2 * b.0 || a.1 > 2 * a.0 && b.0 > 2 * b.1
        return isOpposite && min(a.0 + a.1, b.0 + b.1) > Self.cachedBytes
    }

    private mutating func replace(_ place: Int, by joined: LoweredKernel, _ added: LoweredKernel) {
        kernels[place] = joined
        for number in added.written { note(place, writes: number) }
    }

    private mutating func note(_ place: Int, writes number: Int) {
        let end = writers[number]?.lastIndex { $0 <= place }.map { $0 + 1 } ?? 0
        if end > 0, writers[number]?[end - 1] == place { return }
        writers[number, default: []].insert(place, at: end)
    }

    private mutating func append(_ kernel: LoweredKernel, walks: [Walk]) {
        for walk in walks { places[walk, default: []].append(kernels.count) }
        for number in kernel.written { note(kernels.count, writes: number) }
        kernels.append(kernel)
    }

    /// Nests whose order of loops is free. What is computed again on purpose stays where it is.
    func isCandidate(_ kernel: LoweredKernel, _ nest: LoopNest) -> Bool {
        kernel.awaited.isEmpty && nest.sequential.isEmpty && !nest.stages.contains(where: \.ordered)
            && nest.buffers.allSatisfy { $0.role != .update } && nest.values.count < Self.limit / 2
    }

    /// Whether reading a value twice costs more than a launch.
    private func isLarge(_ number: Int) -> Bool { program[number].type.byteCount >= 4096 }

    /// Both kernels as one, side by side. Two large products are better apart: each wants all registers for its own tile.
    private func joined(_ first: LoweredKernel, _ second: LoweredKernel) -> LoweredKernel? {
        func isProduct(_ kernel: LoweredKernel) -> Bool {
            guard case .nest(let nest) = kernel.work else { return false }
            return nest.greatestRegion > Self.smallRegion && !nest.readsRows
        }
        if isProduct(first), isProduct(second) { return nil }
        return joined(first, second) { $0.joined($1, buffers: $2, checks: first.checks.count) }
    }

    /// Both kernels as one, the second after the first at each point.
    private func followed(_ first: LoweredKernel, _ second: LoweredKernel) -> LoweredKernel? {
        guard case .nest(let a) = first.work, case .nest(let given) = second.work, isCandidate(first, a) else {
            return nil
        }
        // What spreads from sums as large as a convolution's would take registers from their tiles.
        let isSmall = a.greatestRegion <= Self.smallRegion
        let b = given.byRows(of: a, handedOn(first, second), inAnyOrder: isSmall) ?? given
        // Sums that write side by side into one tensor share nothing.
        guard !b.hasReductions || second.read.contains(where: first.written.contains) else { return nil }
        guard !a.hasReductions || b.greatestRegion <= Self.smallRegion || areRows(a) && areRows(b)
        else { return nil }
        return joined(first, second.computing(b)) { $0.followed(by: $1, buffers: $2, checks: first.checks.count) }
    }

    /// Where the second of two nests reads what the first writes, or something as large: for each such load the address that is
    /// written to, and its own.
    private func handedOn(_ first: LoweredKernel, _ second: LoweredKernel) -> [(written: Affine, read: Affine)] {
        guard case .nest(let a) = first.work, case .nest(let b) = second.work else { return [] }
        return b.values.flatMap { value -> [(Affine, Affine)] in
            guard case .load(let access) = value.operation else { return [] }
            return a.stages.flatMap(\.stores).filter {
                a.buffers[$0.access.buffer].count == b.buffers[access.buffer].count
            }.map { ($0.access.index, access.index) }
        }
    }

    /// Whether a nest walks rows that share nothing which a register tile would load once for several.
    func areRows(_ nest: LoopNest) -> Bool {
        nest.outer.reduce(1) { $0 * nest.axes[$1].extent } >= Self.fewestRows && nest.greatestRegion <= Self.longestRow
            && nest.readsRows
    }

    func joined(
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
    var hasReductions: Bool { !reductions.isEmpty }

    /// The same map with one loop around for each row of another nest, and the others inside of it; nil where they do not fit, or
    /// vectors would not write neighbours.
    ///
    /// - Parameters:
    ///   - handedOn: where the other nest writes what this one reads, which tells whose loops are whose.
    ///   - inAnyOrder: whether the rows' loops need not be the first ones here.
    fileprivate func byRows(
        of rows: LoopNest, _ handedOn: [(written: Affine, read: Affine)], inAnyOrder: Bool
    ) -> LoopNest? {
        guard rows.hasReductions, outer.count > rows.outer.count, sequential.isEmpty,
            stages.allSatisfy({ $0.axes.isEmpty && $0.reductions.isEmpty }),
            let around = handedOn.lazy.compactMap({ partners(of: rows, written: $0.written, read: $0.read) }).first
        else { return nil }
        let inner = outer.filter { !around.contains($0) }
        let isAlong = stages.flatMap(\.stores).allSatisfy { store in
            let index = store.access.index
            // Each row's own neighbours, those of vectors of rows, or rows between which the inner loop fills the gaps.
            guard let run = inner.first(where: { index.stride(of: $0) == 1 }) else {
                return inAnyOrder && around.contains { index.stride(of: $0) == 1 }
            }
            let gap = axes[run].extent
            return Array(outer.prefix(around.count)) == around
                || inAnyOrder && Self.filledGaps.contains(gap) && around.contains { index.stride(of: $0) == gap }
        }
        guard isAlong else { return nil }
        var nest = self
        nest.outer = around
        for place in nest.stages.indices { nest.stages[place].axes = inner }
        return nest
    }

    /// For each row loop of another nest the loop of this one that walks what it writes in the same steps; nil where one has none.
    private func partners(of rows: LoopNest, written: Affine, read: Affine) -> [Int]? {
        var (free, found) = (outer, [Int]())
        for axis in rows.outer {
            let stride = written.stride(of: axis)
            let place = free.firstIndex {
                read.stride(of: $0) == stride && axes[$0].extent == rows.axes[axis].extent
            }
            guard stride != 0, let place else { return nil }
            found.append(free.remove(at: place))
        }
        return found
    }

    /// Whether every reduction reads something that is another at each outer point: nothing for a register tile to share.
    fileprivate var readsRows: Bool {
        let moving = outer.filter { axes[$0].extent > 1 }
        return stages.allSatisfy { stage in
            stage.axes.isEmpty
                || stage.reductions.allSatisfy { number in
                    loads(below: reductions[number].value).contains { access in
                        moving.allSatisfy { access.index.stride(of: $0) != 0 }
                    }
                }
        }
    }

    private func loads(below root: ValueID) -> [Access] {
        var (found, isNeeded) = ([Access](), [Bool](repeating: false, count: root + 1))
        isNeeded[root] = true
        for id in stride(from: root, through: 0, by: -1) where isNeeded[id] {
            if case .load(let access) = values[id].operation { found.append(access) }
            for operand in values[id].operands { isNeeded[operand] = true }
        }
        return found
    }

    /// The points of its largest reduction at one outer point.
    fileprivate var greatestRegion: Int {
        stages.map { $0.axes.reduce(1) { $0 * axes[$1].extent } }.max() ?? 1
    }
}

extension LoweredKernel {
    /// The same kernel with another nest for the same work.
    func computing(_ nest: LoopNest, memory other: [Int]? = nil) -> LoweredKernel {
        LoweredKernel(work: .nest(nest), memory: other ?? memory, checks: checks, accesses: accesses, awaited: awaited)
    }

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
