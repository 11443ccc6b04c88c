import LeibnizKernels

/// Kernels that follow each other and run in bands.
struct BandedChain: Sendable {
    /// The places of the kernels.
    let places: Range<Int>
    let bandCount: Int
    /// The instructions that no other kernel looks at, and the bytes of a band of each.
    let passing: [Int: Int]
}

/// Finds chains of kernels that can run piece by piece: the first kernel on some rows, the next on what it left of them, and so on,
/// before the first goes on. What one hands to the next then stays in a core's own cache, where whole tensors would not.
///
/// That takes an outer axis of each kernel, all of one extent, such that at each place along it a kernel reads only what the others
/// wrote at the same place. Sums along the axis end a chain. Two axes can be walked as if they were one: the rows and columns of tiles.
///
/// What only a chain looks at, band after band, needs no more memory than one band for each thread.
struct Banding {
    /// The given kernels; the nests of chains know their bands.
    private(set) var kernels: [LoweredKernel]
    private(set) var chains: [BandedChain] = []

    /// The instructions whose memory may be an input's at the same time.
    private let shared: Set<Int>
    private let byteCount: (Int) -> Int

    private let limits: Limits

    /// When bands are worth it.
    struct Limits: Sendable {
        /// The least bytes between kernels: what a core's own cache would not have kept.
        var leastSaved = 2 << 20
        /// The bytes that a band may take in all, so that a core's own cache holds it.
        var bandBytes = 416 << 10
        /// The bytes of all that each band reads as a whole, a table of weights for instance.
        var tableBytes = 128 << 10
        /// The same where a place is a tile of images: so much passes between kernels that a larger cache is worth it, too.
        var tileBytes = 1536 << 10
        var tileTableBytes = 640 << 10
        /// The fewest bands: enough to be shared among threads.
        var fewestBands = 32
        /// The fewest where each has products of its own, between which so much passes that a larger cache is worth it, too: an uneven
        /// share should not count.
        var fewestProducts = 4 * ThreadPool.shared.count
        /// The fewest neighbouring elements of a result, or of what is added up, that a place along the axis should hold: vectors run
        /// along them.
        var fewestNeighbours = 8
    }

    /// - Parameters:
    ///   - shared: the instructions that may be written where an input is.
    ///   - kept: those whose memory leaves the plan.
    init(
        _ program: Program, _ given: [LoweredKernel], layouts: Layouts, shared: Set<Int>, kept: [Int], limits: Limits
    ) {
        (kernels, self.shared, byteCount, self.limits) = (given, shared, layouts.byteCount, limits)
        var users: [Int: [Int]] = [:]
        for (place, kernel) in given.enumerated() {
            for number in kernel.memory { users[number, default: []].append(place) }
        }
        var place = 0
        while place < kernels.count {
            // A chain that begins inside of another may save more than that.
            guard let chain = bestChain(from: place),
                !(1..<chain.links.count).contains(where: {
                    bestChain(from: place + $0).map { $0.saved > chain.saved } ?? false
                })
            else {
                place += 1
                continue
            }
            let length = chain.length(limits)
            let places = place..<place + chain.links.count
            for (place, link) in zip(places, chain.links) {
                let kernel = kernels[place]
                let read = Set(kernels[places].flatMap(\.read))
                let written = Set(kernels[places].flatMap(\.written))
                let handedOn = kernel.memory.indices.filter {
                    link.nest.buffers[$0].role != .input && read.contains(kernel.memory[$0])
                }
                let brought = kernel.memory.indices.filter {
                    link.nest.buffers[$0].role == .input && !written.contains(kernel.memory[$0])
                }
                var nest = link.nest
                nest.bands = Bands(
                    axis: link.axis, around: link.around, length: length, handedOn: Set(handedOn),
                    brought: Set(brought))
                kernels[place] = kernel.computing(nest)
            }
            var passing: [Int: Int] = [:]
            for case (let number, let span?) in chain.spans
            where !kept.contains(number) && users[number]?.allSatisfy(places.contains) ?? false {
                let bytes = span * program[number].type.elementType.byteCount
                // Bands that lie behind each other can take each other's place.
                if bytes * chain.extent == byteCount(number) { passing[number] = bytes * length }
            }
            let count = (chain.extent + length - 1) / length
            chains.append(BandedChain(places: places, bandCount: count, passing: passing))
            place += chain.links.count
        }
    }

    /// A nest and one of its outer axes, or two.
    private struct Link {
        let nest: LoopNest
        let axis: Int
        /// The axis around it that is walked with it.
        var around: Int?
        /// Whether each place has a product of its own.
        var isBatch: Bool { around == nil && nest.addsUpProducts && nest.isBatch(along: axis) }
        /// The places along both.
        var extent: Int { nest.axes[axis].extent * (around.map { nest.axes[$0].extent } ?? 1) }
    }

    /// The ways to walk a kernel in bands: along an outer axis, along two that can be one, such as images and their channels, or along
    /// two that one of its accesses crosses like one.
    private func links(_ place: Int) -> [Link] {
        guard let nest = nest(place) else { return [] }
        let pairs = nest.outer.flatMap { high in
            nest.outer.compactMap { low in nest.merging(high, low).map { Link(nest: $0, axis: low) } }
        }
        let twos = nest.outer.flatMap { high in
            nest.outer.compactMap { low in
                high != low && nest.merging(high, low) == nil && nest.crosses(high, low)
                    ? Link(nest: nest, axis: low, around: high) : nil
            }
        }
        return (nest.outer.map { Link(nest: nest, axis: $0) } + pairs + twos).filter {
            $0.extent >= min(limits.fewestBands, limits.fewestProducts)
                && (!$0.nest.copiesOperands || $0.isBatch)
        }
    }

    /// The chain from a kernel on that saves most, if one is worth it.
    private func bestChain(from first: Int) -> Chain? {
        links(first).compactMap { chain(from: first, by: $0) }.max { $0.saved < $1.saved }
    }

    /// Kernels that follow each other along an axis.
    private struct Chain {
        let extent: Int
        var links: [Link] = []
        /// The places along the inner of two axes where a link has two, tiles of images: no band goes beyond the last of them.
        var row: Int?
        /// For each value that the chain writes how many elements lie from one step to the next; nil if a step touches others, too.
        var spans: [Int: Int?] = [:]
        /// All values that it reads and did not write.
        var read: Set<Int> = []
        /// The bytes that a step along the axis takes, and those of what every step reads.
        var stepBytes = 0
        var tableBytes = 0
        /// The bytes of what it hands from kernel to kernel.
        var saved = 0
        /// Whether some kernel has a product at each step.
        var hasProducts = false

        /// The steps in a band.
        func length(_ limits: Limits) -> Int {
            let length = max(1, min((limits.bandBytes - tableBytes) / max(1, stepBytes), extent / limits.fewestBands))
            guard let row else { return length }
            return (1...min(length, row)).last { row % $0 == 0 } ?? 1
        }
    }

    private func chain(from first: Int, by link: Link) -> Chain? {
        var chain = Chain(extent: link.extent)
        guard add(first, by: link, to: &chain) else { return nil }
        var best: Chain?
        for place in kernels.indices.dropFirst(first + 1) {
            guard links(place).contains(where: { $0.extent == chain.extent && add(place, by: $0, to: &chain) }) else {
                break
            }
            let isEnough = chain.hasProducts || chain.extent >= limits.fewestBands
            if isEnough, chain.saved > best?.saved ?? limits.leastSaved { best = chain }
        }
        return best
    }

    /// The nest of a kernel whose loops may run in any order and find no wrong index.
    private func nest(_ place: Int) -> LoopNest? {
        let kernel = kernels[place]
        guard case .nest(let nest) = kernel.work, kernel.awaited.isEmpty, kernel.checks.isEmpty,
            nest.sequential.isEmpty, !nest.stages.contains(where: \.ordered),
            nest.stages.flatMap(\.stores).allSatisfy({ $0.mode == .write }), nest.axes.allSatisfy({ $0.extent > 0 }),
            shared.isDisjoint(with: kernel.written)
        else { return nil }
        return nest
    }

    /// Adds a kernel to a chain, if it fits; else changes nothing.
    private func add(_ place: Int, by link: Link, to given: inout Chain) -> Bool {
        let (kernel, nest, axis) = (kernels[place], link.nest, link.axis)
        var (chain, isLinked) = (given, given.links.isEmpty)
        if link.around != nil {
            let row = nest.axes[axis].extent
            guard chain.row ?? row == row else { return false }
            chain.row = row
        }
        var known = Set(chain.spans.keys).union(chain.read)
        let inner = nest.stages.filter { !$0.reductions.isEmpty }.flatMap(\.axes)
        for (buffer, number) in kernel.memory.enumerated() {
            let accesses = nest.accesses(to: buffer)
            let spans = Set(accesses.map { nest.span(of: $0, along: axis, around: link.around) })
            let span = spans.count == 1 ? spans.first ?? nil : nil
            let isWritten = nest.buffers[buffer].role != .input
            if let before = chain.spans[number] {
                // Whoever reads or writes on has to be at the same place.
                guard let before, before == span else { return false }
                isLinked = true
                if !isWritten { chain.saved += byteCount(number) }
            } else if isWritten {
                if chain.read.contains(number) { return false }
                chain.spans[number] = span
                guard accesses.allSatisfy({ $0.index.stride(of: axis) >= limits.fewestNeighbours }) else {
                    return false
                }
            } else {
                // What sums read side by side is read in vectors, which a band would cut.
                let isCut = accesses.contains { access in
                    (1..<limits.fewestNeighbours).contains(access.index.stride(of: axis))
                        && inner.contains { access.index.stride(of: $0) != 0 }
                }
                if isCut { return false }
                chain.read.insert(number)
            }
            guard known.insert(number).inserted else { continue }
            let bytes = byteCount(number)
            let isMoving = accesses.allSatisfy { $0.index.stride(of: axis) != 0 }
            if isMoving { chain.stepBytes += bytes / chain.extent } else { chain.tableBytes += bytes }
        }
        chain.hasProducts = chain.hasProducts || link.isBatch
        let isTiled = chain.row != nil || chain.hasProducts
        guard isLinked, chain.tableBytes <= (isTiled ? limits.tileTableBytes : limits.tableBytes),
            chain.tableBytes + chain.stepBytes <= (isTiled ? limits.tileBytes : limits.bandBytes)
        else {
            return false
        }
        chain.links.append(link)
        given = chain
        return true
    }
}

extension LoopNest {
    /// Whether some access steps along an axis over whole rounds of another.
    fileprivate func crosses(_ high: Int, _ low: Int) -> Bool {
        buffers.indices.contains { buffer in
            accesses(to: buffer).contains {
                let row = $0.index.stride(of: low) * axes[low].extent
                return row > 0 && $0.index.stride(of: high) == row
            }
        }
    }

    /// All reads of a buffer, or all writes.
    fileprivate func accesses(to buffer: Int) -> [Access] {
        let loads = values.compactMap { value in
            if case .load(let access) = value.operation, access.buffer == buffer { access } else { nil }
        }
        return loads + stages.flatMap(\.stores).map(\.access).filter { $0.buffer == buffer }
    }

    /// The elements from one step along an outer axis to the next, if everything that an access touches at a step lies between them:
    /// the steps share a period of the buffer evenly, which may repeat. Two accesses with equal spans touch the same at equal steps.
    fileprivate func span(of access: Access, along axis: Int, around: Int?) -> Int? {
        let span = access.index.stride(of: axis)
        guard span > 0, access.gathers.isEmpty else { return nil }
        let row = span * axes[axis].extent
        if let around, access.index.stride(of: around) != row { return nil }
        let period = row * (around.map { axes[$0].extent } ?? 1)
        var (index, below, above) = (access.index, 0, 0)
        // What a bound holds in its extent reaches no farther than that.
        let bounds = access.bounds.sorted { ($1.index.terms.count, $0.extent) < ($0.index.terms.count, $1.extent) }
        for bound in bounds {
            guard let first = bound.index.terms.first, bound.index.stride(of: axis) == 0,
                around.map({ bound.index.stride(of: $0) == 0 }) ?? true
            else { continue }
            let factor = index.stride(of: first.axis) / first.stride
            guard factor != 0, bound.index.terms.allSatisfy({ index.stride(of: $0.axis) == factor * $0.stride })
            else { continue }
            index = index + bound.index * -factor
            let reach = factor * (bound.extent - 1)
            if reach < 0 { below += reach } else { above += reach }
        }
        // Offsets are counted from the start of a period.
        let start = ((index.offset % period) + period) % period
        var (low, high) = (start + below, start + above)
        for term in index.terms
        where term.axis != axis && term.axis != around && abs(term.stride) % period != 0 {
            let reach = term.stride * (axes[term.axis].extent - 1)
            if reach < 0 { low += reach } else { high += reach }
        }
        return low >= 0 && high < span ? span : nil
    }
}
