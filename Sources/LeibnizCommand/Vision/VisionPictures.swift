import Leibniz

/// What `leibniz train vision --plot` draws: how training went, which classes are taken for which, the first filters, and what the
/// network sees in an image.
struct VisionPictures {
    let outcome: VisionTraining.Outcome
    /// Its first image is the one that is looked at.
    let test: ImageSet

    /// Writes `learning-curve.svg`, `confusion.svg`, `filters.png`, and `feature-maps-0.png` for the first convolution, `-1` … for the
    /// blocks, into a folder, made if it is not there yet.
    func write(to folder: String) throws {
        try PictureFolder.make(folder)
        let curve = LearningCurve(history: outcome.history, title: "Fashion-MNIST, residual network")
        try curve.figure([("accuracy", "accuracy of validation")]).write(to: "\(folder)/learning-curve.svg")
        try confusion.write(to: "\(folder)/confusion.svg")
        try PNGImage(try tiles(outcome.model.firstFilters, side: 48)).write(to: "\(folder)/filters.png")
        let image = test.batch(0..<1).scaled()
        let maps = inference { outcome.model.featureMaps(image) }
        try evaluate(maps)
        for (number, map) in maps.enumerated() {
            try PNGImage(try tiles(map[0], side: 84)).write(to: "\(folder)/feature-maps-\(number).png")
        }
    }

    /// The shares of each class (rows, the first one on top) that were taken for each; the diagonal is left out, or it would outshine
    /// the rest.
    private var confusion: Figure {
        let counts = outcome.confusion.value
        let shares = counts.enumerated().map { actual, row in
            let total = Double(row.reduce(0, +))
            return row.enumerated().map { $0 == actual ? Double.nan : total > 0 ? Double($1) / total : 0 }
        }
        let places = counts.indices.map(Double.init)
        // Cells reach half a unit beyond their places.
        let range = -0.5...Double(max(1, counts.count)) - 0.5
        let map = Figure.HeatMap(Figure.Grid(x: places, y: places, values: shares.reversed().flatMap { $0 }))
        return Figure(
            Figure.Panel(
                [.heatMap(map)], title: "What share of a class is taken for another",
                x: Figure.Axis("taken for", range: range, names: test.classNames),
                y: Figure.Axis("is", range: range, names: test.classNames.reversed()), hasEqualUnits: true), width: 860,
            height: 760)
    }

    /// Maps [count, …, H, W] side by side, each from its least number (black) to its greatest (white), magnified to about `side` pixels.
    private func tiles(_ maps: Tensor, side: Int) throws -> Tensor {
        let (count, height, width) = (maps.shape[0], maps.shape[-2], maps.shape[-1])
        let (zoom, columns, gap) = (max(1, side / max(1, height, width)), 8, 4)
        let numbers = try maps.doubles()
        let (cellHeight, cellWidth) = (height * zoom + gap, width * zoom + gap)
        let rows = (count + columns - 1) / columns
        var pixels = [Float](repeating: 0.5, count: rows * cellHeight * columns * cellWidth)
        for map in 0..<count {
            let own = numbers[map * height * width..<(map + 1) * height * width]
            let (low, high) = (own.min() ?? 0, own.max() ?? 1)
            let corner =
                (map / columns * cellHeight + gap / 2) * columns * cellWidth + map % columns * cellWidth + gap / 2
            for row in 0..<height * zoom {
                for column in 0..<width * zoom {
                    let value = own[own.startIndex + row / zoom * width + column / zoom]
                    pixels[corner + row * columns * cellWidth + column] =
                        Float((value - low) / max(high - low, .leastNormalMagnitude))
                }
            }
        }
        return Tensor(pixels, shape: [rows * cellHeight, columns * cellWidth])
    }
}
