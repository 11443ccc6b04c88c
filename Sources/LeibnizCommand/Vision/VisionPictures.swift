import Leibniz

/// What `leibniz train vision --plot` draws: how training went, which classes are taken for which, and the first filters.
struct VisionPictures {
    let outcome: VisionTraining.Outcome
    let classNames: [String]

    /// Writes `learning-curve.svg`, `confusion.svg` and `filters.png` into a folder, made if it is not there yet.
    func write(to folder: String) throws {
        try PictureFolder.make(folder)
        let curve = LearningCurve(history: outcome.history, title: "Fashion-MNIST, residual network")
        try curve.figure([("accuracy", "accuracy of validation")]).write(to: "\(folder)/learning-curve.svg")
        try confusion.write(to: "\(folder)/confusion.svg")
        try PNGImage(try filters()).write(to: "\(folder)/filters.png")
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
                x: Figure.Axis("taken for", range: range, names: classNames),
                y: Figure.Axis("is", range: range, names: classNames.reversed()), hasEqualUnits: true), width: 860,
            height: 760)
    }

    /// The first convolution's filters side by side, each from its least number (black) to its greatest (white), magnified.
    private func filters() throws -> Tensor {
        let filters = outcome.model.firstFilters
        let (count, side, zoom, columns) = (filters.shape[0], filters.shape[2], 16, 8)
        let numbers = try filters.doubles()
        let cell = side * zoom + 4, rows = (count + columns - 1) / columns
        var pixels = [Float](repeating: 0.5, count: rows * cell * columns * cell)
        for filter in 0..<count {
            let own = numbers[filter * side * side..<(filter + 1) * side * side]
            let (low, high) = (own.min() ?? 0, own.max() ?? 1)
            for row in 0..<side * zoom {
                for column in 0..<side * zoom {
                    let value = own[own.startIndex + row / zoom * side + column / zoom]
                    let place =
                        (filter / columns * cell + row + 2) * columns * cell + filter % columns * cell + column + 2
                    pixels[place] = Float((value - low) / max(high - low, .leastNormalMagnitude))
                }
            }
        }
        return Tensor(pixels, shape: [rows * cell, columns * cell])
    }
}
