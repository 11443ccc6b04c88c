import Leibniz

/// What `leibniz train speech --plot` draws: how training went, the filters, and what of a waveform counts.
struct SpeechPictures {
    let outcome: SpeechTraining.Outcome
    /// The clip whose spectrum and gradient are drawn: the first of these.
    let clips: SpeechClips

    /// Writes `learning-curve.svg`, `filters.svg`, `spectrum.svg` and `waveform-gradient.svg` into a folder, made if it is not there.
    func write(to folder: String) throws {
        try PictureFolder.make(folder)
        try LearningCurve(history: outcome.history, title: "Spoken digits").figure().write(
            to: "\(folder)/learning-curve.svg")
        try map(outcome.model.filters.value, "Filters", ("frequency, in bins of 31.25 Hz", "band")).write(
            to: "\(folder)/filters.svg")
        let batch = clips.batch(0..<1), digit = Int(clips.digits[0])
        let spectrum = inference { outcome.model.spectrum(batch.waveforms) }
        try map(spectrum[0], "Logarithm of the power of “\(digit)” in bands", ("frame of 10 ms", "band")).write(
            to: "\(folder)/spectrum.svg")
        try gradient(of: digit, batch.waveforms).write(to: "\(folder)/waveform-gradient.svg")
    }

    /// A matrix in colours, its first row at the bottom.
    private func map(_ matrix: Tensor, _ title: String, _ axes: (x: String, y: String)) throws -> Figure {
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        let grid = Figure.Grid(
            x: (0..<columns).map(Double.init), y: (0..<rows).map(Double.init), values: try matrix.doubles())
        return Figure(
            Figure.Panel(
                [.heatMap(Figure.HeatMap(grid))], title: title, x: Figure.Axis(axes.x), y: Figure.Axis(axes.y)))
    }

    /// A waveform, and the derivative of its digit's log-probability by each sample.
    private func gradient(of digit: Int, _ waveforms: Tensor) throws -> Figure {
        let slopes = try inference {
            try Leibniz.gradient(of: { logSoftmax(outcome.model($0))[0, digit] })(waveforms).doubles()
        }
        func panel(_ numbers: [Double], _ title: String) -> Figure.Panel {
            let points = numbers.enumerated().map { (Double($0) / Double(SpeechNet.sampleRate), $1) }
            return Figure.Panel([.curve(Figure.Curve(points))], title: title, x: Figure.Axis("seconds"))
        }
        return Figure(panels: [
            panel(try waveforms.doubles(), "Waveform of “\(digit)”"),
            panel(slopes, "Derivative of log p(\(digit)) by each sample"),
        ])
    }
}
