import Leibniz

/// A bound of |rule − mean of the bilinear interpolant|, computed for each window from the image alone.
enum PoolingBound: Sendable {
    /// Greatest minus least pixel of the window and its neighbours. Every mean of values of the interpolant on the window lies between
    /// them, and so does its integral.
    case range
    /// For the mean of the pixels: the interpolant's mean over a pixel's cell is (1 + δ²/8) f along each axis, with δ² the second
    /// difference, so the mean of |δ²_y f|/8 + |δ²_x f|/8 + |δ²_y δ²_x f|/64 over the window bounds the difference.
    case secondDifferences

    /// [C, H, W] → [C, H′, W′].
    func values(_ image: Tensor, _ windows: ImageWindows) -> Tensor {
        switch self {
        case .range:
            let wide = Self.extended(Self.extended(image, 1), 2)
            func pooled<Rule: PoolingRule>(_ rule: Rule) -> Tensor {
                Pool(rule, windows.size + 2, stride: windows.stride)(wide)
            }
            return pooled(.maximum) - pooled(.minimum)
        case .secondDifferences:
            func second(_ x: Tensor, _ axis: Int) -> Tensor {
                let (wide, extent) = (Self.extended(x, axis), x.shape[axis])
                func part(_ start: Int) -> Tensor { wide.sliced(axis: axis, start: start, count: extent) }
                return part(0) - 2 * part(1) + part(2)
            }
            let (rows, columns) = (second(image, 1), second(image, 2))
            let local = (abs(rows) + abs(columns)) / 8 + abs(second(rows, 2)) / 64
            return Pool(.average, windows.size, stride: windows.stride)(local)
        }
    }

    /// One more element at both ends of an axis, as the last one is: the interpolant goes on flat there.
    private static func extended(_ x: Tensor, _ axis: Int) -> Tensor {
        let last = x.shape[axis] - 1
        return concatenate(
            [x.sliced(axis: axis, start: 0, count: 1), x, x.sliced(axis: axis, start: last, count: 1)], axis: axis)
    }
}
