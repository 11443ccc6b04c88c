import LeibnizKernels

/// Sums over rows that are added up while a kernel walks these rows, instead of in a walk of their own over all that is in memory.
///
/// The gradients of a normalisation's scale and bias need what its backward pass has just read. The rows are cut into parts, each
/// with sums of its own in memory, so that threads can share them; how many parts depends on the number of rows alone, and so does
/// the order of each sum.
extension KernelJoining {
    /// The bytes that both kernels must read for the parts to pay.
    private static let leastShared = 1 << 20
    private static let (fewestParts, mostParts) = (8, 32)

    /// Joins where it pays.
    mutating func sumColumns() {
        var place = 0
        while place < kernels.count {
            if let first = rowKernel(for: kernels[place]), first < place, let kernels = summing(place, in: first) {
                self.kernels[place] = kernels.finishing
                self.kernels[first] = kernels.adding
                self.kernels.insert(kernels.clearing, at: first)
                place += 1
            }
            place += 1
        }
    }

    /// The last kernel that something waits for, if both look at the same large memory.
    private func rowKernel(for kernel: LoweredKernel) -> Int? {
        let read = Set(kernel.read)
        guard kernel.checks.isEmpty, let place = kernels.lastIndex(where: { !read.isDisjoint(with: $0.written) }),
            kernels[place].awaited.isEmpty
        else { return nil }
        let shared = read.intersection(kernels[place].memory).filter {
            program[$0].type.byteCount >= Self.leastShared
        }
        return shared.isEmpty ? nil : place
    }

    /// Whether sums take as many additions as the two kernels share elements: those of a product take more, and are better made in
    /// registers.
    private func addsEachOnce(_ sums: LoopNest, columns: Int, with rows: LoweredKernel) -> Bool {
        let additions = sums.stages[0].axes.reduce(columns) { $0 * sums.axes[$1].extent }
        return rows.memory.contains { program[$0].type.shape.count >= additions }
    }

    private mutating func summing(_ place: Int, in first: Int) -> (
        clearing: LoweredKernel, adding: LoweredKernel, finishing: LoweredKernel
    )? {
        guard case .nest(let rows) = kernels[first].work, case .nest(let sums) = kernels[place].work,
            isCandidate(kernels[first], rows), isCandidate(kernels[place], sums), rows.hasReductions, areRows(rows),
            let axis = rows.outer.first,
            let parts = (Self.fewestParts...Self.mostParts).last(where: { rows.axes[axis].extent % $0 == 0 }),
            let split = sums.columnSums(parts: parts), addsEachOnce(sums, columns: split.columns, with: kernels[first])
        else { return nil }
        let base = program.instructions.count
        let numbers = split.types.indices.map { base + $0 }
        let original = kernels[place].memory
        let adding = kernels[place].computing(
            split.adding, memory: split.addingBuffers.map { original[$0] } + numbers)
        guard
            let joined = joined(kernels[first], adding, { $0.followed(by: $1, buffers: $2, checks: 0) }),
            case .nest(let nest) = joined.work
        else { return nil }
        for (number, type) in zip(numbers, split.types) {
            let type = TensorType([parts, split.columns], type)
            _ = program.append(PartialSums(number: number), [], type)
        }
        let partial = Set(joined.memory.indices.filter { joined.memory[$0] >= base })
        return (
            clearing(numbers, split, parts),
            joined.computing(nest.inParts(parts, columns: split.columns, buffers: partial)),
            kernels[place].computing(
                split.finishing, memory: split.finishingBuffers.map { original[$0] } + numbers)
        )
    }

    /// The kernel that fills the parts with zeros.
    private func clearing(_ numbers: [Int], _ split: ColumnSums, _ parts: Int) -> LoweredKernel {
        var nest = LoopNest(name: "zeros")
        nest.axes = [Axis(parts * split.columns)]
        nest.outer = [0]
        nest.buffers = split.types.map { BufferDeclaration($0, count: parts * split.columns, role: .output) }
        nest.stages = [
            Stage(
                stores: split.types.enumerated().map { place, type in
                    Store(Access(place, Affine(0, [(0, 1)])), nest.value(.float(0), type))
                })
        ]
        return LoweredKernel(work: .nest(nest), memory: numbers, checks: [], accesses: [], awaited: [])
    }
}

/// Memory for sums over some of the rows: [parts, columns].
struct PartialSums: LeafPrimitive {
    /// What tells one from another.
    let number: Int
    var name: String { "partial_sums" }
    func result(of operands: [TensorType]) throws(TensorError) -> TensorType { operands[0] }
}
