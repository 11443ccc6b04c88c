/// Loops that are written out: one expression for each combination of their iterations, instead of one for all.
struct WrittenLoops {
    /// The longest loop that is written out.
    static let longest = 64

    private var loops: [(piece: LoopPiece, extent: Int, iteration: Int)] = []

    /// The iteration in which a loop is; nil for one that is no written one.
    func iteration(of piece: LoopPiece) -> Int? { loops.first { $0.piece == piece }?.iteration }

    /// Writes out another loop.
    mutating func add(_ piece: LoopPiece, extent: Int) { loops.append((piece, extent, 0)) }

    /// Counts the pieces of a loop anew, one of which has become two.
    mutating func renumber(_ key: LoopKey, after split: Int) {
        for place in loops.indices where loops[place].piece.key == key && loops[place].piece.piece > split {
            loops[place].piece = LoopPiece(key: key, piece: loops[place].piece.piece + 1)
        }
    }

    /// Goes on to the next combination of iterations; false after the last.
    mutating func advance() -> Bool {
        for place in loops.indices.reversed() {
            loops[place].iteration += 1
            if loops[place].iteration < loops[place].extent { return true }
            loops[place].iteration = 0
        }
        return false
    }
}
