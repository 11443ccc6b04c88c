import LeibnizKernels

/// One loop of a root or of a reduction, the same before and after it was split.
struct LoopKey: Hashable, Sendable {
    /// The instruction to which the loop belongs.
    let owner: Int
    /// Which of the owner's axes it runs along.
    let axis: Int
}

/// A piece of a loop: all of it, or one of those into which it was split.
struct LoopPiece: Hashable, Sendable {
    let key: LoopKey
    /// Its number, the outermost first.
    let piece: Int
}

/// Why the lowering of a nest must start again.
enum LoweringInterruption: Error {
    /// A loop has to be split: its piece number `piece` into (extent / factor, factor), begun `shift` steps earlier.
    case split(LoopKey, piece: Int, factor: Int, shift: Int)
    /// A loop has to be written out, for each of its iterations computes something else.
    case unroll(LoopPiece)
    /// An operation needs memory of its own.
    case materialize(Int)
    /// An operation's memory has to be in row-major order.
    case pin(Int)
}

/// How a loop is split.
struct LoopSplit {
    /// The extents of the pieces, the outermost first.
    var pieces: [Int]
    /// How many steps before the axis the loop begins.
    var shift = 0
}

/// A read or a write of a nest.
struct MemoryAccess: Sendable {
    /// Whose memory it is.
    let number: Int
    /// The index along each axis as a function of the loops.
    let index: [Affine]
    /// Whether it happens inside of a reduction.
    let isInner: Bool
}

/// A range check of a nest: which operation's index it guards.
struct IndexCheck: Sendable {
    /// The instruction that is looked at, views aside.
    let number: Int
    let operation: String
    let axis: Int
    let extent: Int
    /// The shape of the indices.
    let indices: Shape
    /// How they looked to the user, if they were prepared.
    let report: IndexReport?
}

/// The nest of one root under construction: loops, and the scalars that compute an element.
struct NestLowering {
    let program: Program
    let fusion: Fusion
    let layouts: Layouts
    let root: Int
    /// The loops that were split.
    let splits: [LoopKey: LoopSplit]
    /// The iterations of loops that are written out.
    private var written: WrittenLoops
    /// Whether memory is read by its own axes even where its row-major order would allow simpler loops: what a search for
    /// layouts looks at.
    let isSurvey: Bool

    let builder: NestBuilder
    private(set) var space = LoopSpace(extents: [])
    /// The instructions whose memory the nest uses, by buffer number.
    private(set) var memory: [Int] = []
    var checks: [IndexCheck] = []
    private(set) var accesses: [MemoryAccess] = []
    /// What barriers wait for behind which something is read.
    private(set) var awaited: Set<Int> = []
    private var loops: [LoopPiece] = []
    /// The axes of the root's loops, piece by piece; nil for what is written out.
    private var rootAxes: [LoopKey: [Int?]] = [:]
    private var emitted: [Place: Scalar] = [:]
    /// The loops of the sum whose summand is being written, if one is.
    var region: Region?
    /// Whether loops over the root may run beyond its ends, where nothing is then written.
    var mayOverrun = false
    /// What holds where they do not.
    private(set) var rootBounds: [Bound] = []
    /// Bounds outside of which nobody looks: a choice between zeros has no need of its condition.
    private var idleBounds: [Bound] = []

    /// An element of an operation, as a function of the loops.
    private struct Place: Hashable {
        let number: Int
        let index: [Affine]
        let bounds: [Bound]
        let isInRegion: Bool
        let idle: [Bound]
    }

    struct Region {
        let isSum: Bool
        var axes: [Int]

        /// The same loops around a place that is no summand: no other sum can join.
        var closed: Region { Region(isSum: false, axes: axes) }
    }

    init(
        _ program: Program, fusion: Fusion, layouts: Layouts, root: Int, splits: [LoopKey: LoopSplit],
        written: WrittenLoops, isSurvey: Bool
    ) {
        (self.program, self.fusion, self.layouts, self.root) = (program, fusion, layouts, root)
        (self.splits, self.written, self.isSurvey) = (splits, written, isSurvey)
        builder = NestBuilder(name: program[root].primitive.name)
    }

    // MARK: Loops

    /// The loops along one axis, and the index that they form. Those of a root are made once: asked again, it names no new ones.
    mutating func loop(_ key: LoopKey, extent: Int) -> (axes: [Int], index: Affine) {
        if extent == 1 { return ([], Affine(0)) }
        let split = splits[key] ?? LoopSplit(pieces: [extent])
        let known = key.axis >= 0 ? rootAxes[key] : nil
        let axes =
            known
            ?? split.pieces.enumerated().map { piece, extent in
                let piece = LoopPiece(key: key, piece: piece)
                if written.iteration(of: piece) != nil { return nil }
                builder.nest.axes.append(Axis(extent))
                space.extents.append(extent)
                loops.append(piece)
                return space.extents.count - 1
            }
        if key.axis >= 0 { rootAxes[key] = axes }
        var (index, stride) = (Affine(0), 1)
        for (piece, extent) in split.pieces.enumerated().reversed() {
            if let axis = axes[piece] {
                index.add(stride, axis: axis)
            } else {
                index.add(stride * (written.iteration(of: LoopPiece(key: key, piece: piece)) ?? 0))
            }
            stride *= extent
        }
        if stride != extent {
            index.add(-split.shift)
            rootBounds.append(Bound(index, extent: extent))
        }
        return (known == nil ? axes.compactMap { $0 } : [], index)
    }

    /// Goes on to the next iteration of what is written out; false after the last.
    mutating func advance() -> Bool {
        rootBounds = []
        return written.advance()
    }

    /// A request to write out the loops that form an index, one after the other; nil where that cannot be.
    func unrolling(_ index: Affine) -> LoweringInterruption? {
        guard let term = index.terms.first, loops[term.axis].key.owner == root, loops[term.axis].key.axis >= 0,
            fusion.rows[root] == nil, space.extents[term.axis] <= WrittenLoops.longest
        else { return nil }
        return .unroll(loops[term.axis])
    }

    /// The extent of a piece of a loop.
    func extent(of piece: LoopPiece) -> Int { zip(loops, space.extents).first { $0.0 == piece }?.1 ?? 1 }

    /// The outermost loops, one per axis of `shape`, in order.
    mutating func outerLoops(over shape: Shape, owner: Int) -> [Affine] {
        loops(over: shape, owner: owner, outer: nil).index
    }

    /// The loops over a root: those along its rows' axes, or all, are outermost; the others are walked for each row.
    mutating func loops(over shape: Shape, owner: Int, outer: Set<Int>?) -> (index: [Affine], inner: [Int]) {
        var inner: [Int] = []
        let index = shape.extents.enumerated().map { axis, extent in
            let (axes, index) = loop(LoopKey(owner: owner, axis: axis), extent: extent)
            if outer?.contains(axis) ?? true { builder.nest.outer += axes } else { inner += axes }
            return index
        }
        return (index, inner)
    }

    // MARK: Memory

    /// The number of an instruction's buffer.
    mutating func buffer(_ number: Int, role: BufferDeclaration.Role) -> Int {
        if let known = memory.firstIndex(of: number) { return known }
        memory.append(number)
        let type = program[number].type
        builder.nest.buffers.append(
            BufferDeclaration(type.elementType, count: layouts[number].elementCount, role: role))
        return memory.count - 1
    }

    /// Whether elements are read from memory that other kernels have filled, not computed here.
    func isLoaded(_ number: Int) -> Bool {
        number != root && !fusion.isTap(number, of: root)
            && (fusion.isRoot[number] || program[number].primitive is Input)
    }

    // MARK: Elements

    /// The element of `number` at `index`; zero where a bound fails.
    mutating func element(_ number: Int, at index: [Affine], bounds: [Bound] = []) throws(LoweringInterruption)
        -> Scalar
    {
        // An element of nothing is reached in empty loops and behind bounds that never hold.
        if program[number].type.shape.count == 0 { return builder.constant(0, program[number].type.elementType) }
        // What a row is reduced to is the same inside and outside of other reductions.
        let isInRegion = region != nil && !fusion.isByRow(number, in: root)
        let place = Place(
            number: number, index: index, bounds: bounds, isInRegion: isInRegion, idle: idleBounds)
        if let scalar = emitted[place] { return scalar }
        let scalar =
            isLoaded(number)
            ? try load(number, at: index, bounds: bounds)
            : try computed(number, at: index, bounds: bounds)
        emitted[place] = scalar
        return scalar
    }

    /// The offset in memory of the element at `index`.
    mutating func offset(_ number: Int, at index: [Affine], isInner: Bool = false) throws(LoweringInterruption)
        -> Affine
    {
        accesses.append(MemoryAccess(number: number, index: index, isInner: isInner || region != nil))
        do throws(LoopSpace.SplitRequest) {
            return try layouts[number].offset(of: index, space: space)
        } catch {
            throw interruption(error) ?? .pin(number)
        }
    }

    /// A request to split one of the loops.
    private func interruption(_ request: LoopSpace.SplitRequest) -> LoweringInterruption? {
        if request == .impossible { return nil }
        let loop = loops[request.axis]
        let isOverrun = request.shift > 0 || space.extents[request.axis] % request.factor != 0
        let isOwn = loop.key.owner == root && loop.key.axis >= 0 && splits[loop.key] == nil
        // Few points beyond the end, or few of all.
        let isCheap = request.factor <= 8 || 8 * request.factor <= space.extents[request.axis]
        if isOverrun, !mayOverrun || !isOwn || !isCheap { return nil }
        return .split(loop.key, piece: loop.piece, factor: request.factor, shift: request.shift)
    }

    mutating func load(_ number: Int, at index: [Affine], bounds: [Bound]) throws(LoweringInterruption)
        -> Scalar
    {
        let isInside = zip(program[number].type.shape.extents, index).allSatisfy { extent, index in
            if bounds.contains(where: { $0.index == index && $0.extent <= extent }) { return true }
            let range = index.range(extents: space.extents)
            return range.lowerBound >= 0 && range.upperBound < extent
        }
        return load(number, atOffset: try offset(number, at: index), bounds: bounds, isInside: isInside)
    }

    /// - Parameter isInside: whether the place is in the tensor also where the loops run beyond the root's ends.
    mutating func load(
        _ number: Int, atOffset offset: Affine, bounds: [Bound], gathers: [Gather] = [], isInside: Bool = false
    ) -> Scalar {
        let all = isInside ? bounds : bounds + rootBounds.filter { !bounds.contains($0) }
        let access = Access(buffer(number, role: .input), offset, bounds: all, gathers: gathers)
        return builder.add(.load(access), program[number].type.elementType)
    }

    /// As `element`, computed here.
    mutating func computed(_ number: Int, at index: [Affine], bounds: [Bound]) throws(LoweringInterruption) -> Scalar {
        let instruction = program[number]
        switch instruction.primitive {
        case is Barrier:
            awaited.insert(instruction.operands[1])
            return try element(instruction.operands[0], at: index, bounds: bounds)
        case let pointwise as any PointwisePrimitive:
            return try self.pointwise(pointwise, instruction, at: index, bounds: bounds)
        case let generator as any GeneratorPrimitive:
            var operands: [Scalar] = []
            for operand in instruction.operands {
                // A batch of keys has one for each of the first axes' places.
                let rank = program[operand].type.shape.rank
                operands.append(
                    try element(operand, at: Array(index.prefix(rank)), bounds: rank == 0 ? [] : bounds))
            }
            return guarded(generator.lowered(at: index, operands: operands, builder: builder), bounds)
        case let view as any ViewPrimitive: return try self.view(view, number, at: index, bounds: bounds)
        case let reduce as Reduce:
            return try reduction(reduce.operation, number, at: index, region: reduce.axes, bounds: bounds) {
                lowering, inner throws(LoweringInterruption) in
                try lowering.element(
                    instruction.operands[0], at: NestLowering.inserting(inner, at: reduce.axes, into: index),
                    bounds: bounds)
            }
        case let reduce as ArgReduce:
            return try reduction(reduce.operation, number, at: index, region: reduce.axes, bounds: bounds) {
                lowering, inner throws(LoweringInterruption) in
                try lowering.element(
                    instruction.operands[0], at: NestLowering.inserting(inner, at: reduce.axes, into: index),
                    bounds: bounds)
            }
        case let contraction as Contraction: return try self.contraction(contraction, number, at: index, bounds: bounds)
        case let take as TakeAlong: return try self.take(take, number, at: index, bounds: bounds)
        case let product as FixedProduct: return try fixedProduct(product, number, at: index, bounds: bounds)
        default: throw .materialize(number)
        }
    }

    private mutating func pointwise(
        _ primitive: any PointwisePrimitive, _ instruction: Program.Instruction, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        let outer = region
        region = outer?.closed
        var operands: [Scalar] = []
        for (place, operand) in instruction.operands.enumerated() {
            // A factor that is a constant needs no bounds: the other factor is zero outside.
            let isConstantFactor = primitive is Multiply && program.number(operand) != nil
            let saved = idleBounds
            if primitive is Select, place == 0 { idleBounds = merged(idleBounds, bounds) }
            operands.append(try element(operand, at: index, bounds: isConstantFactor ? [] : bounds))
            idleBounds = saved
        }
        if let current = region { region = Region(isSum: outer?.isSum ?? false, axes: current.axes) }
        let value = withoutPadding(primitive, operands) ?? primitive.lowered(operands)
        switch primitive {
        case is Add, is Subtract, is Multiply, is Negate, is Cast, is Relu, is AbsoluteValue, is Maximum, is Minimum,
            is Select:
            return value
        default: return guarded(value, bounds)
        }
    }

    /// A sum of which one term is the zero of a padding: the other term.
    private func withoutPadding(_ primitive: any PointwisePrimitive, _ operands: [Scalar]) -> Scalar? {
        switch primitive {
        case is Add where isZero(operands[0]): operands[1]
        case is Add where isZero(operands[1]), is Subtract where isZero(operands[1]): operands[0]
        case is Subtract where isZero(operands[0]): -operands[1]
        default: nil
        }
    }

    private func isZero(_ scalar: Scalar) -> Bool {
        switch builder.nest.values[scalar.id].operation {
        case .float(0), .integer(0): true
        default: false
        }
    }

    private mutating func view(
        _ view: any ViewPrimitive, _ number: Int, at index: [Affine], bounds: [Bound]
    ) throws(LoweringInterruption) -> Scalar {
        let operand = program[number].operands[0]
        let shape = program[operand].type.shape
        // Memory in row-major order can be read under any shape.
        let shortcut = (view as? Reshape).flatMap { reshape in
            isLoaded(operand) && layouts[operand].isRowMajor ? reshape : nil
        }
        if let shortcut, !isSurvey {
            return load(operand, atOffset: Layout.rowMajorOffset(index, in: shortcut.to), bounds: bounds)
        }
        let source: (index: [Affine], bounds: [Bound])
        do throws(LoopSpace.SplitRequest) {
            source = try view.source(index, operand: shape, space: space)
        } catch {
            if let interruption = interruption(error) { throw interruption }
            if let shortcut {
                return load(operand, atOffset: Layout.rowMajorOffset(index, in: shortcut.to), bounds: bounds)
            }
            guard view is Reshape, operand != root else { throw .materialize(number) }
            throw isLoaded(operand) ? .pin(operand) : .materialize(operand)
        }
        if source.bounds.contains(where: neverHolds) { return builder.constant(0, program[operand].type.elementType) }
        return try element(operand, at: source.index, bounds: merged(bounds, source.bounds))
    }

    /// Whether a bound fails at every point of the loops: of what is written out, some iterations lie in the padding.
    private func neverHolds(_ bound: Bound) -> Bool {
        if space.extents.contains(0) { return false }
        let range = bound.index.range(extents: space.extents)
        return range.upperBound < 0 || range.lowerBound >= bound.extent
    }

    /// Both lists of bounds, without those that always hold.
    private func merged(_ bounds: [Bound], _ more: [Bound]) -> [Bound] {
        if space.extents.contains(0) { return bounds }
        var result = bounds
        for bound in more where !result.contains(bound) {
            let range = bound.index.range(extents: space.extents)
            if range.lowerBound < 0 || range.upperBound >= bound.extent { result.append(bound) }
        }
        return result
    }

    func guarded(_ value: Scalar, _ bounds: [Bound]) -> Scalar {
        let bounds = bounds.filter { !idleBounds.contains($0) }
        if bounds.isEmpty { return value }
        return builder.add(.within(bounds), .bool).select(value, value.constant(0))
    }
}
