import LeibnizCore

/// The function between the elements of a map: f(x) = Σ_i f_i·φ_i(x).
///
/// Along an axis of extent n, element i covers the cell [i, i + 1] and its centre is i + ½. Beyond the outermost centres (or
/// cells) the function goes on as it was there.
public enum MapInterpolation: String, Hashable, Sendable, CaseIterable {
    /// φ_i is 1 on cell i, else 0: the map as one sees it.
    case constant
    /// φ_i is a hat over the centres: 1 at i + ½, 0 at its neighbours. Bilinear on an image, trilinear on a volume.
    case linear

    /// φ_i(x) for all points x and all elements i of an axis: [points…] → [points…, n].
    func basis(at x: Tensor, extent n: Int) -> Tensor {
        let (t, i) = distances(x, n)
        switch self {
        case .constant:
            let isCell = ((t >= 0).or(i == 0)).and((t < 1).or(i == Self.last(n)))
            return isCell.cast(to: x.elementType)
        case .linear:
            let hat = relu(1 - abs(t))
            return which(isBeyond(t, i, n), 1, hat)
        }
    }

    /// ∫ φ_i from a place of its own through x, for all points x: [points…] → [points…, n].
    func antiderivative(at x: Tensor, extent n: Int) -> Tensor {
        let (t, i) = distances(x, n)
        switch self {
        case .constant:
            // Right of a border the cell on the right is the derivative.
            let isBefore = (t < 0).and(i != 0), isAfter = (t >= 1).and(i != Self.last(n))
            return which(isBefore, 0, which(isAfter, 1, t))
        case .linear:
            let (rise, fall) = (relu(1 + t), relu(1 - t))
            let inside = which(t < 0, 0.5 * rise * rise, 1 - 0.5 * fall * fall)
            return which(isBeyond(t, i, n), t + 0.5, inside)
        }
    }

    /// x minus the beginning of each cell (or its centre), and the numbers of the cells.
    private func distances(_ x: Tensor, _ n: Int) -> (t: Tensor, i: Tensor) {
        let shape = Shape(x.isInvalid ? [n] : x.shape.extents + [n])
        let i = Tensor.iota(shape, axis: shape.rank - 1)
        let places = i.cast(to: x.elementType) + x.constant(self == .constant ? 0 : 0.5)
        return (x.expanded(at: -1) - places, i)
    }

    /// Where the outermost hats go on flat.
    private func isBeyond(_ t: Tensor, _ i: Tensor, _ n: Int) -> Tensor {
        ((t < 0).and(i == 0)).or((t >= 0).and(i == Self.last(n)))
    }

    private static func last(_ n: Int) -> Tensor { .full([], Double(n - 1), .int64) }
}
