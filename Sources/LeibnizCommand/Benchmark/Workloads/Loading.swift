import Leibniz

/// What comes before a network: samples made ready by threads.
enum LoadingWorkloads {
    static let all = [augmentedImages]

    private static let count = 4096, side = 28, threads = 2

    private static let augmentedImages = Workload(
        name: "data-loader",
        summary:
            "4096 grey images of 28×28 bytes, cut out of 4 zeros around, mirrored, normalised: a pass by 2 threads in batches of 128",
        passes: [Pass(operations: Double(2 * count * side * side), bytes: Double(5 * count * side * side))]
    ) { type in
        var random = SplitMix(seed: 1)
        let images = try ImageSet(
            images: (0..<count * side * side).map { _ in .random(in: 0...255, using: &random) },
            labels: (0..<count).map { UInt8($0 % 10) }, height: side, width: side,
            classNames: (0..<10).map { "\($0)" })
        let augment = PictureAugmentation.sequence([
            .crop(height: side, width: side, padding: 4), .horizontalFlip(),
            .normalization(mean: [0.286], deviation: [0.353]),
        ])
        let samples = images.map { example, random in
            var changed = example
            changed.picture = augment(example.picture, &random)
            return changed
        }
        let loader = try DataLoader(samples, batchSize: 128, threads: threads) { batch in
            [try Collation.stacked(batch.map(\.picture)), Tensor(batch.map(\.label), shape: [batch.count])]
        }
        var epoch = 0
        return Iteration {
            let pass = try loader.pass(LoaderPosition(epoch: epoch))
            epoch += 1
            var last: [Tensor] = []
            while let batch = try pass.next() { last = batch }
            return [last[0].cast(to: type), last[1]]
        }
    }
}
