import Leibniz

/// A training that writes a checkpoint after every step and goes on from the newest one it finds.
struct Resumption {
    private let resumedAt: Int
    private let notes: Int
    private let parameters: Bits.Hash

    init(folder path: String, steps: Int) throws {
        let count = 64
        let (x, y) = (Tensor.normal([count, 8], seed: 1), Tensor.normal([count, 1], seed: 2))
        let model = withSeed(3) { Sequential(Linear(8, 16), ReLU(), Linear(16, 1)) }
        let optimizer = Adam(model, learningRate: 0.01)
        let folder = try CheckpointFolder(path, keep: 2)
        var progress = TrainingProgress()
        let found = try folder.newest()
        if let found {
            try found.checkpoint.restore(model: model, optimizer: optimizer)
            progress = found.checkpoint.progress
        }
        (resumedAt, notes) = (progress.step, found?.notes.count ?? 0)
        let batches = try Batches(of: count, size: 24)
        while progress.step < steps {
            let place = progress.loader ?? LoaderPosition()
            let order = shuffledIndices(count, seed: 4, epoch: place.epoch)
            let chosen = Tensor(Array(order[batches[place.batch]]))
            try optimizer.minimize(meanSquaredError(model(x.gathered(chosen)), y.gathered(chosen)))
            optimizer.learningRate *= 0.999
            progress.step += 1
            let isLast = place.batch + 1 == batches.count
            progress.loader = LoaderPosition(
                epoch: place.epoch + (isLast ? 1 : 0), batch: isLast ? 0 : place.batch + 1)
            try folder.save(progress, model: model, optimizer: optimizer)
        }
        var hash = Bits.Hash()
        for parameter in model.parameters { try hash.add(parameter.value) }
        parameters = hash
    }

    /// One line of JSON.
    var json: String { "{\"resumed_at\":\(resumedAt),\"notes\":\(notes),\"parameters\":\"\(parameters)\"}" }
}
