import LeibnizKernels

/// Where the elements of a tensor stand in memory: offset = Σ stride·index, where the index along one axis may be
/// counted in blocks.
struct Layout: Hashable, Sendable {
    /// An axis of which `size` neighbours stand together: [N/b][…][b].
    struct Block: Hashable, Sendable {
        let axis: Int
        let size: Int
        /// The distance in elements between neighbouring blocks.
        let stride: Int
    }

    /// The distance in elements between neighbours along each axis, within a block where the axis has blocks.
    let strides: [Int]
    /// The axis that is counted in blocks, if one is.
    let block: Block?
    /// Whether this is the order in which values leave a plan: the last axis innermost, no gaps.
    let isRowMajor: Bool
    /// The elements of memory that it takes, gaps among them.
    let elementCount: Int

    /// The order in which values leave a plan.
    init(rowMajor shape: Shape) {
        (strides, block, isRowMajor, elementCount) = (shape.rowMajorStrides, nil, true, shape.count)
    }

    /// Row-major but for one axis, which is innermost, in blocks where its extent allows.
    ///
    /// A block, if one of `blocks` divides the extent, holds some vectors, so that whatever happens at one position of all other axes
    /// is done with full vectors, while the memory of neighbouring positions stays close: [N/b][C][H][W][b] for images.
    ///
    /// - Parameters:
    ///   - blocks: the sizes that a block may have, the most welcome first.
    ///   - isDense: whether blocks follow each other without gaps, so that a sum over several axes is one walk.
    init(_ shape: Shape, innermost axis: Int, blocks: [Int] = Self.wideBlocks, isDense: Bool = false) {
        let extent = shape.extents[axis]
        let size = blocks.first { extent % $0 == 0 } ?? extent
        // Vectors that lie across two lines take twice as long to load: a small gap behind each row is cheaper.
        let aligned = (size + Self.lineLength - 1) / Self.lineLength * Self.lineLength
        let pitch = isDense || shape.rank < 2 || aligned - size > size / 4 ? size : aligned
        var (strides, stride) = (Array(repeating: 1, count: shape.rank), pitch)
        let others = shape.extents.indices.reversed().filter { $0 != axis }
        for (place, other) in others.enumerated() {
            // What a convolution adds up at each position, all channels, would compete for a few lines of each cache.
            let isSparse =
                !isDense && place > 0 && place == others.count - 1 && shape.extents[other] >= Self.fewestCompetitors
            if isSparse, stride % Self.competing == 0 { stride += size }
            strides[other] = stride
            stride *= shape.extents[other]
        }
        self.strides = strides
        elementCount = stride * (extent / size)
        block = size == extent ? nil : Block(axis: axis, size: size, stride: stride)
        isRowMajor =
            block == nil && elementCount == shape.count && shape.extents[(axis + 1)...].allSatisfy { $0 == 1 }
    }

    /// The float32 numbers in a cache line.
    private static let lineLength = 16
    /// Neighbours that lie a multiple of this many elements apart compete for a few lines of each cache, if they are as many as a cache
    /// holds of one kind.
    private static let competing = 1024
    private static let fewestCompetitors = 8

    /// Blocks that hold whole vectors of every instruction set, enough for a tile that reads weights once for some of them, and no more: a
    /// window of all channels should stay in a core's nearest cache (64 instead of 32 takes a convnet of 256 images a sixth longer).
    static let wideBlocks = [32, 48, 16]
    /// Blocks for what a register tile reads again and again: all of a cache line is used, and lines that follow each other do not
    /// compete.
    static let tileBlocks = [16]

    /// The element's offset. May ask for a loop to be split at the borders of blocks.
    func offset(of index: [Affine], space: LoopSpace) throws(LoopSpace.SplitRequest) -> Affine {
        var offset = Affine(0)
        for (axis, (index, stride)) in zip(index, strides).enumerated() {
            if let block, block.axis == axis {
                let (quotient, remainder) = try space.divide(index, by: block.size)
                offset = offset + quotient * block.stride + remainder * stride
            } else {
                offset = offset + index * stride
            }
        }
        return offset
    }

    /// The element's offset in row-major order.
    static func rowMajorOffset(_ index: [Affine], in shape: Shape) -> Affine {
        zip(index, shape.rowMajorStrides).reduce(Affine(0)) { $0 + $1.0 * $1.1 }
    }
}

/// The layout of everything in a program that is in memory: row-major unless said otherwise.
struct Layouts {
    private var chosen: [Int: Layout]
    private let program: Program
    /// What turned out to be read in ways that only row-major order allows.
    private(set) var pinned: Set<Int> = []

    init(_ program: Program, _ chosen: [Int: Layout] = [:]) { (self.program, self.chosen) = (program, chosen) }

    subscript(number: Int) -> Layout { chosen[number] ?? Layout(rowMajor: program[number].type.shape) }

    /// The bytes that a value takes in memory.
    func byteCount(_ number: Int) -> Int {
        self[number].elementCount * program[number].type.elementType.byteCount
    }

    /// The same layouts for a program that has this one's instructions and more.
    func extended(to program: Program) -> Layouts { Layouts(program, chosen) }

    /// Leaves an instruction's memory in row-major order.
    mutating func pin(_ number: Int) {
        pinned.insert(number)
        chosen[number] = nil
    }
}
