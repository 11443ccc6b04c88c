import LeibnizCore

/// Sums over windows by antiderivatives, in time that does not depend on the windows' size: ∫_a^b f = F(b) − F(a).
///
/// One antiderivative from the map's edge (Crow 1984: the summed-area table) loses in float32 what the map's total exceeds a window's,
/// and one infinite element spoils all that follow. Here a new antiderivative begins at every multiple of the window's size k
/// (van Herk 1992): a window [a, a + k) crosses one such place c, and ∫_a^{a+k} f = ∫_a^c f + ∫_c^{a+k} f. Both parts are running
/// sums of at most k elements of the window itself, forwards from c and backwards from it, so nothing is subtracted: the error is at
/// most 2k·2⁻²⁴ max|f| per axis in float32.
enum WindowSums {
    /// Whether two running sums per element are less work than adding up each window.
    static func pay(for axes: [PoolingWindows.Axis]) -> Bool {
        let additions = axes.reduce(1.0) { $0 * Double($1.size) / Double($1.stride) }
        return additions >= 64 && axes.allSatisfy { $0.dilation == 1 && $0.size >= 2 * $0.stride }
    }

    /// The sums of all windows of the last axes; zeros stand in the padding.
    static func of(_ x: Tensor, _ axes: [PoolingWindows.Axis]) -> Tensor {
        let first = x.rank - axes.count
        return axes.enumerated().reduce(x) { along(first + $1.offset, $0, $1.element) }
    }

    private static func along(_ axis: Int, _ x: Tensor, _ window: PoolingWindows.Axis) -> Tensor {
        let (k, stride, count) = (window.size, window.stride, window.count)
        let extent = window.extent + 2 * window.padding + window.overhang
        // A last block that holds place `extent` too, where the last window may end.
        let blocks = extent / k + 1
        let padded = x.padded(axis: axis, before: window.padding, after: blocks * k - window.extent - window.padding)
        var extents = padded.shape.extents
        extents.replaceSubrange(axis...axis, with: [blocks, k])
        let parts = padded.reshaped(to: Shape(extents))
        let within = axis + 1
        // up[i] = Σ f[j] over c ≤ j < i and down[i] = Σ f[j] over i ≤ j < c + k, in the block from c that holds i.
        let up = cumulativeSum(parts, axis: within).padded(axis: within, before: 1, after: 0)
            .sliced(axis: within, start: 0, count: k)
        let down = cumulativeSum(parts.flipped([within]), axis: within).flipped([within])
        func line(_ x: Tensor) -> Tensor { x.flattened(from: axis, through: within) }
        return line(down).sliced(axis: axis, start: 0, count: count, stride: stride)
            + line(up).sliced(axis: axis, start: k, count: count, stride: stride)
    }
}
