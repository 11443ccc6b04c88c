@testable import LeibnizCore

/// A graph of random operations on small whole numbers, so that every order of arithmetic gives the same bits.
struct RandomGraph {
    private var numbers: Numbers
    private(set) var tensors: [Tensor]

    /// The tensors that nothing else made.
    let leaves: [Tensor]

    init(seed: Int, leaves: [Tensor]? = nil) {
        numbers = Numbers(seed)
        for _ in 0..<8 { _ = numbers.next() }
        let shapes: [[Int]] = [[4], [3, 2], [2, 1, 3], [], [5], [2, 6], [1, 4], [3, 3], [2, 2, 2], [7], [0, 2]]
        var drawn: [Tensor] = []
        for _ in 0..<3 {
            let extents = shapes[Int(numbers.next() * Double(shapes.count))]
            drawn.append(Block(extents, Domain.integers(-3...3).draw(extents.reduce(1, *), &numbers)).tensor(.float64))
        }
        self.leaves = leaves ?? drawn
        tensors = self.leaves
    }

    /// Adds random operations on what is there.
    mutating func grow(_ count: Int) {
        for _ in 0..<count {
            let made = operation()
            if !made.isInvalid && made.type.shape.count <= 400 { tensors.append(made) }
        }
    }

    /// The graph of a seed, and its last tensor's sum as a function of its leaves.
    static func grown(seed: Int) -> (graph: RandomGraph, sum: ([Tensor]) -> Tensor) {
        func grown(_ leaves: [Tensor]?) -> RandomGraph {
            var graph = RandomGraph(seed: seed, leaves: leaves)
            graph.grow(6 + seed % 9)
            return graph
        }
        return (
            grown(nil),
            { leaves in
                let tensors = grown(leaves).tensors
                return LeibnizCore.sum(tensors[tensors.count - 1])
            }
        )
    }

    private mutating func pick(_ count: Int) -> Int { Int(numbers.next() * Double(count)) }

    private mutating func anyTensor() -> Tensor {
        // The latest more often, so that chains become long.
        numbers.next() < 0.6 ? tensors[tensors.count - 1 - pick(min(3, tensors.count))] : tensors[pick(tensors.count)]
    }

    private mutating func operation() -> Tensor {
        let x = anyTensor()
        let shape = x.type.shape
        guard shape.rank > 0 else { return [x + 2, x.broadcast(to: [2, 3]), x.reshaped(to: [1]), relu(x)][pick(4)] }
        let axis = pick(shape.rank)
        let extent = shape[axis]
        switch pick(26) {
        case 0: return x + anyPartner(x)
        case 1: return x - anyPartner(x)
        case 2: return x * anyPartner(x)
        case 3: return maximum(x, anyPartner(x))
        case 4: return which(x > anyPartner(x), x, 1 - x)
        case 5: return [relu(x), abs(x), -x, clamp(x, -5, 9), x * 2, x.stopGradient(), sign(x) * x][pick(7)]
        case 6: return x.transposed(shuffled(shape.rank))
        case 7: return reshaped(x)
        case 8, 9:
            let stride = [1, 1, 2, 3, -1, -2][pick(6)]
            let count = extent == 0 ? 0 : 1 + pick(max(1, (extent - 1) / Swift.abs(stride) + 1))
            let reach = max(0, (count - 1) * Swift.abs(stride))
            guard extent > reach else { return x }
            let first = pick(extent - reach)
            return x.sliced(axis: axis, start: stride > 0 ? first : first + reach, count: count, stride: stride)
        case 10: return x.flipped([axis])
        case 11, 12: return x.padded(axis: axis, before: pick(3), after: pick(3), interior: [0, 0, 1, 2][pick(4)])
        case 13, 14:
            guard extent > 1 else { return x }
            return x.windows(axis: axis, size: 1 + pick(min(3, extent)), stride: 1 + pick(3), dilation: 1)
        case 15: return sum(x, axes: [axis], keepingAxes: pick(2) == 0)
        case 16: return extent == 0 ? x : max(x, axes: [axis], keepingAxes: pick(2) == 0)
        case 17: return sum(x)
        case 18: return cumulativeSum(x, axis: axis)
        case 19: return concatenate([x, pick(2) == 0 ? x : x.flipped([axis])], axis: axis)
        case 20:
            guard extent > 0 else { return x }
            let places = Domain.integers(0...extent - 1).draw(3, &numbers).map { Int64($0) }
            return x.gathered(Tensor(copying: places, [3]), axis: axis)
        case 21:
            let places = Domain.integers(0...3).draw(shape.count, &numbers).map { Int64($0) }
            return Tensor(ScatterAdd(axis: axis, extent: 4), [x, Tensor(copying: places, shape)])
        case 22: return shape.rank < 2 ? x * sum(x) : matmul(x, x.transposed())
        case 23: return x.broadcast(to: Shape([2] + shape.extents))
        case 24: return extent == 0 ? x : sort(x, axis: axis, descending: pick(2) == 0).values
        default: return extent == 0 ? x : min(x, axes: [axis], keepingAxes: true) + x
        }
    }

    /// Something that broadcasts with `x`.
    private mutating func anyPartner(_ x: Tensor) -> Tensor {
        let candidates = tensors.filter { $0.type.shape.broadcast(with: x.type.shape) != nil }
        return candidates[pick(candidates.count)]
    }

    private mutating func shuffled(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for place in order.indices.reversed().dropLast() { order.swapAt(place, pick(place + 1)) }
        return order
    }

    /// The same elements under a shape of up to three axes.
    private mutating func reshaped(_ x: Tensor) -> Tensor {
        var (rest, extents) = (x.type.shape.count, [Int]())
        for _ in 0..<pick(3) where rest > 0 {
            let divisors = (1...rest).filter { rest % $0 == 0 }
            extents.append(divisors[pick(divisors.count)])
            rest /= extents[extents.count - 1]
        }
        return x.reshaped(to: Shape(extents + [rest]))
    }
}
