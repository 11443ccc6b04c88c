import Leibniz

/// Pooling with its gradient, 32 × 64 images of 56 × 56; and a large window on a large map.
enum PoolWorkloads {
    static let all = [
        pool("max-pool", "the maximum over 2×2", MaxPool2D(2), results: 28 * 28),
        pool("average-pool", "the mean over 2×2", AveragePool2D(2), results: 28 * 28),
        pool("l2-pool", "the root of the mean square over 2×2", LpPool2D(2, 2), results: 28 * 28),
        pool(
            "max-pool-3", "the maximum over 3×3, stride 2, padding 1", MaxPool2D(3, stride: 2, padding: 1),
            results: 28 * 28),
        Workload(
            name: "average-pool-31", summary: "the mean over 31×31, stride 1, of 4096×4096 around 1000",
            passes: [Pass.over(4096 * 4096 + 4066 * 4066)]
        ) { type in
            var data = BenchmarkData(type)
            let x = try (data.normal([1, 1, 4096, 4096]) + 1000).evaluated()
            let f = compiled { AveragePool2D(31, stride: 1)($0) }
            return Iteration { [try f(x)] }
        },
    ]

    private static func pool(_ name: String, _ summary: String, _ layer: some Layer, results: Int) -> Workload {
        let (images, pixels) = (32 * 64, 56 * 56)
        // A mean's gradient needs no input; the others have to look at it again, or keep what they saw.
        return Workload(
            name: name, summary: "\(summary) of 32×64×56×56, and the gradient",
            passes: [Pass.over(images * (pixels + results)), Pass.over(images * (results + pixels))]
        ) { type in
            var data = BenchmarkData(type)
            let x = try data.normal([32, 64, 56, 56])
            let w = try data.normal(layer(x).shape)
            let f = compiledWithGradients { layer($0[0]) }
            return Iteration { try f([x], w) }
        }
    }
}
