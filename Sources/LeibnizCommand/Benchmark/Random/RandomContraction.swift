import Leibniz

/// An Einstein sum of two tensors: products of matrices plain, batched and transposed, thin ones, vectors.
struct RandomContraction: RandomProgram {
    static let kind = "einsum"

    let formula: String
    let type: RealType
    let left: [Int]
    let right: [Int]
    let gradient: Bool

    private static let formulas = [
        "ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ji,kj->ik", "ij,jk->ki",  // Matrices.
        "bij,bjk->bik", "bij,bkj->bik", "bji,bjk->bik", "bij,jk->bik",  // Batches.
        "bhij,bhjk->bhik", "bihd,bjhd->bhij", "bhij,bjhd->bihd",  // Attention.
        "ij,j->i", "ij,i->j", "bij,bj->bi", "bij,bi->bj",  // Vectors.
        "ijk,kl->ijl", "ijk,jkl->il", "ijk,jil->kl", "bi,bj->bij", "bid,bid->bi",
    ]

    init(drawnFrom generator: inout SplitMix) {
        formula = generator.pick(Self.formulas)
        let (a, b, _) = Self.letters(formula)
        let letters = (a + b).reduce(into: [Character]()) { if !$0.contains($1) { $0.append($1) } }
        var sizes: [Character: Int] = [:]
        for letter in letters { sizes[letter] = generator.extent("bh".contains(letter) ? 2...64 : 4...2048) }
        if generator.chance(oneIn: 4) { sizes[generator.pick(letters)] = generator.extent(1...8) }
        type = generator.realType()
        left = a.map { sizes[$0] ?? 1 }
        right = b.map { sizes[$0] ?? 1 }
        gradient = generator.chance(oneIn: 2)
    }

    var inputs: [[Int]] { [left, right] }

    func value(of inputs: [Tensor]) -> Tensor { einsum(formula, inputs[0], inputs[1]) }

    var summary: String { "einsum \(formula) \(left.crossed) by \(right.crossed)" }

    /// The letters of both operands and of the result.
    private static func letters(_ formula: String) -> (left: [Character], right: [Character], result: [Character]) {
        let parts = formula.split(omittingEmptySubsequences: false) { !$0.isLetter }.map(Array.init)
        // The arrow is two characters with nothing between them.
        return parts.count == 4 ? (parts[0], parts[1], parts[3]) : ([], [], [])
    }

    var passes: [Pass] {
        let (a, b, y) = Self.letters(formula)
        let sizes = Dictionary(zip(a + b, left + right)) { Swift.max($0, $1) }
        let forward = Pass(
            operations: 2 * Array(sizes.values).volume,
            bytes: 4 * (left.volume + right.volume + y.map { sizes[$0] ?? 1 }.volume))
        return Array(repeating: forward, count: gradient ? 3 : 1)
    }

    var flaw: String? {
        let (a, b, y) = Self.letters(formula)
        return a.count == left.count && b.count == right.count && !(a + b + y).isEmpty
            ? nil : "the formula does not name the axes of both operands"
    }
}
