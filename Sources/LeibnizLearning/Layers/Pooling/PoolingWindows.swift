import LeibnizCore

/// Where the windows of a pooling layer lie: equal boxes at equal distances.
struct PoolingWindows: Sendable {
    /// The layer's name in errors.
    let name: String
    /// The number of pooled axes.
    let rank: Int
    /// One number per pooled axis, as the layer was given them: one alone stands for all.
    let size: [Int], stride: [Int], padding: [Int], dilation: [Int]
    /// Whether a last window may overhang.
    let ceilMode: Bool
    /// Whether padding belongs to the regions, as zeros.
    let countsPadding: Bool

    init(
        _ name: String, rank: Int, size: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1],
        ceilMode: Bool = false, countsPadding: Bool = false
    ) {
        (self.name, self.rank, self.size, self.stride) = (name, rank, size, stride ?? size)
        (self.padding, self.dilation, self.ceilMode) = (padding, dilation, ceilMode)
        self.countsPadding = countsPadding
    }

    /// What a layer with so many pooled axes takes, for errors.
    static func layout(_ rank: Int) -> String {
        switch rank {
        case 1: "signals have a length: take [N, C, L]"
        case 2: "images have a height and a width: take [N, C, H, W]"
        case 3: "volumes have a depth, a height and a width: take [N, C, D, H, W]"
        default: "\(rank) axes are pooled, the last ones"
        }
    }

    /// The windows along one axis.
    struct Axis: Sendable {
        let size: Int, stride: Int, padding: Int, dilation: Int
        /// The extent of the axis, and the number of windows along it.
        let extent: Int, count: Int

        /// How far a window reaches.
        var reach: Int { dilation * (size - 1) + 1 }
        /// How far the last window reaches beyond the padding.
        var overhang: Int { Swift.max(0, (count - 1) * stride + reach - extent - 2 * padding) }

        /// The place on the axis of element `k` of window `o`; outside of the axis in the padding.
        func place(_ o: Int, _ k: Int) -> Int { o * stride + k * dilation - padding }

        /// How many elements of each window belong to the region.
        func counts(countingPadding: Bool) -> [Int] {
            let region = countingPadding ? -padding..<extent + padding : 0..<extent
            return (0..<count).map { o in (0..<size).count { region.contains(place(o, $0)) } }
        }
    }

    /// The windows along the pooled axes of `x`.
    ///
    /// - Throws: what is wrong with the settings, or why they do not fit.
    func axes(of x: Tensor) throws(TensorError) -> [Axis] {
        if let error = x.error { throw error }
        func all(_ numbers: [Int]) -> [Int]? {
            numbers.count == 1 ? Array(repeating: numbers[0], count: rank) : numbers.count == rank ? numbers : nil
        }
        guard let size = all(size), let stride = all(stride), let padding = all(padding), let dilation = all(dilation),
            (size + stride + dilation).allSatisfy({ $0 > 0 && $0 < 1 << 31 }),
            (0..<rank).allSatisfy({ (0...size[$0] / 2).contains(padding[$0]) })
        else {
            throw Tensor.refusal(
                name, [x],
                "there are no windows of size \(self.size) with stride \(self.stride), padding \(self.padding) and dilation \(self.dilation)",
                kind: .value,
                hint:
                    "size, stride and dilation are positive, one number or one per axis, and padding is at most half of the size"
            )
        }
        let first = x.rank - rank
        guard first >= 0 else { throw Tensor.refusal(name, [x], Self.layout(rank)) }
        let extents = x.shape.extents[first...].map { $0 }
        let axes = (0..<rank).map { axis in
            let reach = dilation[axis] * (size[axis] - 1) + 1
            let room = extents[axis] + 2 * padding[axis] - reach
            var count = room < 0 ? 0 : room / stride[axis] + 1
            if ceilMode, room >= 0 {
                count = (room + stride[axis] - 1) / stride[axis] + 1
                // A window must not begin beyond the map.
                if (count - 1) * stride[axis] >= extents[axis] + padding[axis] { count -= 1 }
            }
            return Axis(
                size: size[axis], stride: stride[axis], padding: padding[axis], dilation: dilation[axis],
                extent: extents[axis], count: count)
        }
        guard axes.allSatisfy({ $0.count > 0 }) else {
            throw Tensor.refusal(
                name, [x],
                "a window that spans \(axes.map(\.reach)) does not fit the last \(rank == 1 ? "axis" : "\(rank) axes")",
                hint: "pad the input, or take a smaller window")
        }
        return axes
    }

    /// The regions of `x` that the windows see.
    func regions(of x: Tensor) throws(TensorError) -> PoolingRegions {
        PoolingRegions(name: name, windows: try axes(of: x), of: x, countingPadding: countsPadding)
    }
}
