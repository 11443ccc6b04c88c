/// A scan whose rows do not know of each other, as pieces that threads do beside each other.
///
/// Each thread runs all steps for rows of its own: threads meet once, not after every kernel of every step, and what a step leaves is in
/// the cache of the core that reads it in the next.
///
/// Pieces have equally many rows, so that one body serves all. Where rows do not come out even, the last piece begins some rows earlier:
/// those two pieces compute, and write the same numbers twice.
struct ScanPieces {
    /// How many there are.
    let count: Int
    /// The body for the rows of one.
    let body: RowSplitting
    /// The rows of all.
    let whole: Int
    /// The rows of one.
    let rows: Int

    /// The fewest rows for which weights are read: below it, reading them takes longer than multiplying.
    private static let fewestRows = 8
    /// The elements that a scan computes at least for threads to be worth waking.
    private static let leastWork = 200_000
    /// How many times as long as with equal shares for all threads it may take.
    private static let greatestShare = 1.2

    /// Nil where one thread does as well, where rows cannot be told apart, or where an index may be out of range, whose place would have
    /// to be told for the whole.
    init?(_ scan: ScanWork, threads: Int) {
        let program = scan.body
        guard threads > 1, !program.mayFail, program.elementCount * scan.length >= Self.leastWork,
            let whole = program.outputs.lazy.compactMap({ program[$0].type.shape.extents.first }).first,
            let count = Self.count(rows: whole, threads: threads),
            let body = RowSplitting(program, whole: whole, rows: Self.rows(of: whole, count))
        else { return nil }
        let carries = scan.carries.indices
        guard carries.allSatisfy({ body.inputHasRows[$0] == body.outputHasRows[$0] }),
            body.outputHasRows[carries.upperBound...].allSatisfy({ $0 }), body.outputHasRows.contains(true)
        else { return nil }
        (self.count, self.body, self.whole, rows) = (count, body, whole, Self.rows(of: whole, count))
    }

    /// The row that a piece begins with.
    func firstRow(of piece: Int) -> Int { min(piece * rows, whole - rows) }

    private static func rows(of whole: Int, _ count: Int) -> Int { (whole + count - 1) / count }

    /// The number of pieces with which the thread that has most to do is done first; nil where one thread would do about as well.
    private static func count(rows whole: Int, threads: Int) -> Int? {
        // What the thread with most pieces computes.
        func longest(_ count: Int) -> Int { (count + threads - 1) / threads * rows(of: whole, count) }
        let best = (threads...8 * threads).filter { rows(of: whole, $0) >= fewestRows }.min {
            longest($0) < longest($1)
        }
        return best.flatMap { Double(longest($0) * threads) <= greatestShare * Double(whole) ? $0 : nil }
    }
}

extension Program {
    /// About how many numbers are computed: the results' elements, and the products' additions.
    fileprivate var elementCount: Int {
        instructions.reduce(0) { sum, instruction in
            guard let contraction = instruction.primitive as? Contraction else {
                return sum + instruction.type.shape.count
            }
            let shape = self[instruction.operands[0]].type.shape
            let length = zip(contraction.left, shape.extents).reduce(1) {
                contraction.output.contains($1.0) ? $0 : $0 * $1.1
            }
            return sum + instruction.type.shape.count * length
        }
    }
}
