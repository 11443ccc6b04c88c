import LeibnizKernels

/// Which operations of a program get memory of their own; all others are computed inside the kernels of those.
///
/// Decided from users to operands. Every operation collects *offers*: the places in kernels where its elements are needed. One
/// place, each element once: it is computed there. Several places, or the same element many times (under a broadcast, a window,
/// a contraction): it gets memory, unless computing it again is cheaper than a load.
///
/// A reduction joins its user as a stage of the same nest if the user's loops need each result once, or once per *row*: a
/// softmax is one nest whose rows are walked for the maximum, for the sum and for the result. A sum of views of a sum becomes
/// one sum over both regions. What others need as well is written on the way: a *tap*.
struct Fusion {
    /// Whether an operation's value is kept in memory. Inputs are not roots.
    private(set) var isRoot: [Bool]
    /// Whether an operation is needed at all.
    private(set) var isReached: [Bool]
    /// For a root with reductions per row, the axes that tell rows apart.
    private(set) var rows: [Int: Set<Int>] = [:]
    /// For a root, what its kernel writes besides, and where: for each axis the root's loop.
    private(set) var taps: [Int: [Int: [Affine]]] = [:]
    /// For a root, why it is one.
    private(set) var reasons: [Int: MemoryReason] = [:]

    private let program: Program
    private let work: Workload
    private var offers: [[Offer]]
    private var needsMemory: [Bool]
    /// Whether somebody reads all of an operation in ways that offers do not tell.
    private var isReadWhole: [Bool]
    private let isResult: [Bool]
    private var tapped: Set<Int> = []
    /// Operations below which nothing is tapped, as far as that has been found out.
    private var untapped: Set<Int> = []
    private var byRow: [Int: Set<Int>] = [:]
    private var sizes: [Int: Int] = [:]
    /// The loops of each root: its axes, then those of reductions inside.
    private var spaces: [Int: LoopSpace] = [:]

    /// The number of operations that one kernel may hold: graphs of any size then compile in pieces that resemble each other.
    private static let kernelSize = 64
    /// The fewest rows that are worth a kernel by rows, and the longest row: one that stays in a core's cache.
    private static let (fewestRows, longestRow) = (16, 1 << 16)
    /// So many elements are not worth sharing among threads.
    private static let smallWork = 1 << 14
    /// The most operations that are done again in another place rather than written and read; twice as many where memory
    /// is far away.
    private static let cheapWork = 20
    /// What stays in a core's cache between two kernels.
    private static let cachedBytes = 1 << 18

    /// A place where elements of an operation are needed.
    private struct Offer {
        /// The kernel.
        let root: Int
        /// Which indices are needed: equal for equal maps from the kernel's loops.
        var path: Int
        /// The index along each axis as a function of the root's loops, where it is known and without bounds.
        var index: [Affine]?
        /// How many elements the kernel asks for, repetitions counted.
        var points: Int
        /// Whether the place is outside of all reductions.
        var isEpilogue: Bool
        /// Whether the place is a summand, reached through views alone.
        var isSummand: Bool
        /// Whether the kernel asks for no element twice.
        var isOnce = true
        /// Whether the place is behind a product that is written out: its loops are no rows.
        var isWrittenOut = false

        /// The axes of the root along which the element differs, if it differs along nothing else.
        func rows(rank: Int) -> Set<Int>? {
            guard let index else { return nil }
            var rows: Set<Int> = []
            for index in index where !index.isConstant {
                guard index.offset == 0, index.terms.count == 1, let term = index.terms.first, term.stride == 1,
                    term.axis < rank, rows.insert(term.axis).inserted
                else { return nil }
            }
            return rows
        }
    }

    init(_ program: Program, roots: Set<Int>) {
        self.program = program
        work = Workload(program)
        let count = program.instructions.count
        isRoot = Array(repeating: false, count: count)
        (isReached, needsMemory, isReadWhole) = (isRoot, isRoot, isRoot)
        isResult = isRoot.indices.map { roots.contains($0) }
        offers = Array(repeating: [], count: count)
        for root in roots { (isReached[root], needsMemory[root]) = (true, true) }
        for number in (0..<count).reversed() where isReached[number] { visit(number) }
        spaces = [:]
    }

    /// Gives an operation memory after all, because lowering could not place it in its user's kernel.
    mutating func materialize(_ number: Int) {
        isRoot[number] = true
        reasons[number] = .unreachable
        // Its own kernel runs before its user's and reads what is below: none of that may be left to the user's kernel. What was
        // walked once has no taps below any more.
        var pending = [number]
        while let next = pending.popLast() {
            guard untapped.insert(next).inserted else { continue }
            if tapped.remove(next) != nil { for root in taps.keys { taps[root]?[next] = nil } }
            pending += program[next].operands.filter { !isRoot[$0] || tapped.contains($0) }
        }
    }

    /// Whether the kernel of `root` computes `number` and writes it.
    func isTap(_ number: Int, of root: Int) -> Bool { taps[root]?[number] != nil }

    /// Whether another root's kernel writes an operation's memory.
    func isTap(_ number: Int) -> Bool { tapped.contains(number) }

    /// Whether a reduction is done once for each row of `root`.
    func isByRow(_ number: Int, in root: Int) -> Bool { byRow[root]?.contains(number) ?? false }

    // MARK: Decisions

    private mutating func visit(_ number: Int) {
        let instruction = program[number]
        if instruction.primitive is Input { return }
        let owner = tapOwner(of: number)
        isRoot[number] = owner != nil || needsMemory[number] || !isInlined(number, offers[number])
        if isRoot[number] { reasons[number] = memoryReason(of: number) }
        let places: [Offer]
        if let owner {
            places = offers[number].filter { $0.root == owner }
            tapped.insert(number)
            taps[owner, default: [:]][number] = places[0].index
        } else if isRoot[number] {
            let shape = instruction.type.shape
            spaces[number] = LoopSpace(extents: shape.extents)
            let index = shape.extents.enumerated().map { $0.1 == 1 ? Affine(0) : Affine(0, [($0.0, 1)]) }
            places = [
                Offer(root: number, path: 0, index: index, points: shape.count, isEpilogue: true, isSummand: false)
            ]
        } else {
            places = offers[number]
        }
        if !isRoot[number] || owner != nil { for place in places { sizes[place.root, default: 1] += 1 } }
        offers[number] = []
        for (place, operand) in instruction.operands.enumerated() {
            // A barrier orders kernels; it does not read what it waits for.
            if instruction.primitive is Barrier, place == 1 { continue }
            isReached[operand] = true
            for offer in places { self.offer(offer, to: operand, at: place, of: number) }
        }
    }

    /// The root whose kernel computes an operation on its way, before all others that need it, and writes it for them: a
    /// result of the plan that is needed once where the root's own element is written, or a reduction of its rows.
    private mutating func tapOwner(of number: Int) -> Int? {
        // What is empty has no kernel.
        guard !isReadWhole[number], let first = offers[number].map(\.root).min(), program[first].type.shape.count > 0
        else { return nil }
        let own = offers[number].filter { $0.root == first }
        if own.count == offers[number].count && !isResult[number] { return nil }
        // A tap is written at one index: that has to reach every element.
        let isWhole = own[0].index.map { index in
            own.allSatisfy { $0.index == index } && spaces[first]?.covers(program[number].type.shape, index) == true
        }
        guard isWhole == true else { return nil }
        if program[number].primitive is any PointwisePrimitive {
            if own.count < offers[number].count {
                let lists = own.map { $0.rows(rank: program[first].type.shape.rank) }
                guard isRowScalar(number, own), let list = lists.first, let list, lists.allSatisfy({ $0 == list }),
                    hasRows(first, list), isWorthRows(list, of: first)
                else { return nil }
                rows[first] = list
                return first
            }
            let isSame = program[first].type.shape == program[number].type.shape
            return own.count == 1 && own[0].path == 0 && own[0].isEpilogue && isSame && isInlined(number, own)
                ? first : nil
        }
        guard isReduction(number), own[0].index != nil, sizes[first, default: 1] < Self.kernelSize,
            joinsRows(number, own)
        else { return nil }
        return first
    }

    /// What stands against computing a root where it is used.
    private func memoryReason(of number: Int) -> MemoryReason {
        if isResult[number] { return .wanted }
        if needsMemory[number] { return .readWhole }
        let (places, count) = (offers[number], max(1, program[number].type.shape.count))
        if places.contains(where: { sizes[$0.root, default: 1] >= Self.kernelSize }) { return .fullKernel }
        switch program[number].primitive {
        case is SortIndices, is Concatenate, is ScatterAdd, is Prefix, is Part, is any TuplePrimitive:
            return .ownKernels
        default: break
        }
        let kernels = Set(places.map(\.root)).count
        if kernels > 1 { return .places(places.count, kernels: kernels) }
        let points = places.map(\.points).max() ?? 0
        if points > count + count / 4 { return .repetitions((points + count / 2) / count) }
        return places.count > 1 ? .places(places.count, kernels: 1) : .reduction
    }

    private func isReduction(_ number: Int) -> Bool {
        program[number].primitive is Reduce || program[number].primitive is ArgReduce
    }

    /// Whether an operation is computed at places where it is used.
    private mutating func isInlined(_ number: Int, _ places: [Offer]) -> Bool {
        let instruction = program[number]
        let count = instruction.type.shape.count
        if instruction.primitive is Fill || instruction.primitive is Iota { return true }
        if places.contains(where: { sizes[$0.root, default: 1] >= Self.kernelSize }) { return false }
        let isOnce = places.count == 1 && places.allSatisfy { $0.points <= count + count / 4 }
        switch instruction.primitive {
        case is SortIndices, is Concatenate, is ScatterAdd, is Prefix, is Part, is any TuplePrimitive: return false
        case is any PointwisePrimitive:
            if isOnce || isRowScalar(number, places) { return true }
            let cost = work.cost(of: number)
            if count == 1 { return cost.operations <= 8 && cost.loads <= 4 }
            let isInCache = count * instruction.type.elementType.byteCount <= Self.cachedBytes
            if cost.loads > 2 { return false }
            let points = places.reduce(0) { Swift.max($0, $1.points) }
            if points > count + count / 4 {
                // Windows that overlap a little: done again for each, but never written and read.
                let all = places.reduce(0) { $0 + $1.points }
                return all <= 6 * count && cost.operations * all <= (isInCache ? 4 : 2 * Self.cheapWork) * count
            }
            return cost.operations <= 2
                || places.count <= 3 && cost.operations <= (isInCache ? Self.cheapWork : 2 * Self.cheapWork)
        case is any ViewPrimitive, is TakeAlong, is Barrier: return true
        case is any GeneratorPrimitive: return isOnce
        case is FixedProduct: return isOnce && places[0].isEpilogue
        default:
            if joinsRows(number, places) { return true }
            guard places.count == 1, let place = places.first else { return false }
            let isSum = (instruction.primitive as? Reduce)?.operation == .sum || instruction.primitive is Contraction
            return isSum && place.isSummand && place.points <= 2 * count
        }
    }

    /// Whether the places need one number for each row of their kernels, and it is cheap to have again in each.
    private func isRowScalar(_ number: Int, _ places: [Offer]) -> Bool {
        let cost = work.rowCost(of: number)
        let count = program[number].type.shape.count
        guard cost.operations <= Self.cheapWork, cost.loads <= 4 else { return false }
        return places.allSatisfy { $0.points > count && $0.rows(rank: program[$0.root].type.shape.rank) != nil }
    }

    /// Makes a reduction a stage of its user's kernel if all places are in one kernel and need a result for each of its rows.
    private mutating func joinsRows(_ number: Int, _ places: [Offer]) -> Bool {
        guard let place = places.first, places.allSatisfy({ $0.root == place.root && !$0.isWrittenOut }) else {
            return false
        }
        let (root, count) = (place.root, program[number].type.shape.count)
        let shape = program[root].type.shape
        let wanted: Set<Int>
        if places.count == 1, place.isEpilogue, rows[root] == nil,
            place.points == count || place.points < count && place.isOnce
        {
            // The kernel's loops walk the results, or some of them, each once; how, is all one.
            wanted = movingAxes(of: root)
        } else {
            guard isReduction(number) else { return false }
            let lists = places.map { $0.rows(rank: shape.rank) }
            guard let list = lists.first, let list, lists.allSatisfy({ $0 == list }),
                list.reduce(1, { $0 * shape.extents[$1] }) == count
            else { return false }
            let region = work.region(of: number)
            let isWorthwhile =
                (count >= Self.fewestRows && region <= Self.longestRow) || count * region <= Self.smallWork
            guard isWorthwhile, hasRows(root, list) else { return false }
            wanted = list
        }
        rows[root] = wanted
        byRow[root, default: []].insert(number)
        return true
    }

    /// Whether a root's kernel walks the rows that these axes tell apart, or can: it is one nest over its own axes, in which
    /// those besides the rows' are walked anew.
    private func hasRows(_ root: Int, _ list: Set<Int>) -> Bool {
        if let known = rows[root] { return known == list }
        switch program[root].primitive {
        case is any PointwisePrimitive, is any ViewPrimitive: return true
        default: return isReduction(root) && list == movingAxes(of: root)
        }
    }

    /// Whether the rows that some axes tell apart are enough to share among threads, or all is little work anyway.
    private func isWorthRows(_ list: Set<Int>, of root: Int) -> Bool {
        let shape = program[root].type.shape
        return list == movingAxes(of: root) || shape.count <= Self.smallWork
            || list.reduce(1) { $0 * shape.extents[$1] } >= Self.fewestRows
    }

    private func movingAxes(of number: Int) -> Set<Int> {
        let extents = program[number].type.shape.extents
        return Set(extents.indices.filter { extents[$0] > 1 })
    }

    // MARK: Offers

    /// Hands an offer on to an operand.
    private mutating func offer(_ offer: Offer, to operand: Int, at place: Int, of number: Int) {
        let instruction = program[number]
        let shape = program[operand].type.shape
        var next = offer
        func renamed(_ salt: Int) -> Int { offer.path &* 0x9E37_79B9_7F4A_7C1 &+ number &+ 1 &+ salt << 32 }
        switch instruction.primitive {
        case is any PointwisePrimitive: next.isSummand = false
        case is Barrier: next.path = renamed(0)
        case is any GeneratorPrimitive:
            next.path = renamed(0)
            next.index = shape.rank == 0 ? [] : offer.index.map { Array($0.prefix(shape.rank)) }
            if shape.rank > 0 { next.isOnce = false }
        case let view as any ViewPrimitive:
            next.path = renamed(0)
            next.index = source(of: offer, through: view, shape)
            if view is Broadcast || view is Windows { next.isOnce = false }
            // Of what is padded each element is asked for once; the other points, at most half of them, see zeros.
            if view is Pad, offer.isOnce, offer.points <= 2 * shape.count {
                next.points = Swift.min(offer.points, shape.count)
            }
        case is SortIndices, is Part, is any TuplePrimitive:
            (needsMemory[operand], isReadWhole[operand]) = (true, true)
            return
        case is TakeAlong where place == 0:
            let isComputed = !(program[operand].primitive is Input)
            needsMemory[operand] = needsMemory[operand] || isComputed
            isReadWhole[operand] = isReadWhole[operand] || isComputed
            return
        case is TakeAlong:
            next.path = renamed(0)
            next.isSummand = false
            next.isOnce = false
        case is Concatenate:
            (next.path, next.index, next.points) = (renamed(place), nil, shape.count)
        case let product as FixedProduct:
            (next.path, next.index, next.isSummand, next.isWrittenOut) = (renamed(0), nil, false, true)
            next.points = offer.points / max(1, product.rows.count) * shape[product.axis]
            // What is added up first has loops of its own.
            if program[operand].primitive is Contraction || isReduction(operand) { needsMemory[operand] = true }
        case is ScatterAdd, is Prefix:
            (next.path, next.index, next.points, next.isEpilogue) = (renamed(place), nil, shape.count, false)
        default:
            next.path = renamed(0)
            next.index = (instruction.primitive as? any RegionReduction).flatMap {
                walk(of: offer, over: $0.axes, shape)
            }
            let results = isByRow(number, in: offer.root) ? instruction.type.shape.count : offer.points
            next.points = results * work.region(of: number)
            next.isEpilogue = false
            next.isOnce = false
            next.isSummand = (instruction.primitive as? Reduce)?.operation == .sum
        }
        // What is in every kernel's reach anyway is not asked: a constant may have as many users as the graph has operations.
        switch program[operand].primitive {
        case is Input, is Fill, is Iota: return
        default: break
        }
        if !offers[operand].contains(where: { $0.root == next.root && $0.path == next.path }) {
            offers[operand].append(next)
        }
    }

    /// The index of an offer behind a view.
    private func source(of offer: Offer, through view: any ViewPrimitive, _ shape: Shape) -> [Affine]? {
        guard let index = offer.index, let space = spaces[offer.root],
            let source = try? view.source(index, operand: shape, space: space), source.bounds.isEmpty
        else { return nil }
        return source.index
    }

    /// The index of an offer inside of a reduction.
    private mutating func walk(of offer: Offer, over axes: [Int], _ shape: Shape) -> [Affine]? {
        guard var index = offer.index, var space = spaces[offer.root] else { return nil }
        for axis in axes {
            index.insert(shape[axis] == 1 ? Affine(0) : Affine(0, [(space.extents.count, 1)]), at: axis)
            space.extents.append(shape[axis])
        }
        spaces[offer.root] = space
        return index
    }
}

/// A reduction over some axes.
private protocol RegionReduction {
    var axes: [Int] { get }
}
extension Reduce: RegionReduction {}
extension ArgReduce: RegionReduction {}
