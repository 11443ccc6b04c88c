import Foundation
import Leibniz

/// Rules beside each other on one image.
struct PoolingComparison {
    /// What a rule gave.
    struct Row {
        let rule: ComparedRule
        /// [C, H′, W′], float32.
        let values: Tensor
        /// |difference| from the exact mean, [C, H′, W′].
        let difference: Tensor
        let meanDifference: Double, greatestDifference: Double
        /// The greatest bound of the difference over all windows.
        let bound: Double
        /// Of the median of some runs.
        let seconds: Double
    }

    let windows: ImageWindows
    let channels: Int
    /// The means of the bilinear interpolant, [C, H′, W′].
    let exact: Tensor
    let rows: [Row]

    private static let runs = 5

    /// - Parameter image: [C, H, W] in 0…1, which the windows fit.
    init(_ image: Tensor, _ windows: ImageWindows, _ rules: [ComparedRule]) throws {
        let image = try image.evaluated()
        let double = image.cast(to: .float64)
        let exact = try withElementType(.float64) { windows.quadrature(.exact) }(double).evaluated()
        rows = try rules.map { rule in
            let layer = rule.layer(windows)
            let values = try layer(image).evaluated()
            let times = try (0..<Self.runs).map { _ in
                let start = ContinuousClock.now
                _ = try layer(image).evaluated()
                return (ContinuousClock.now - start) / .seconds(1)
            }
            let difference = abs(values.cast(to: .float64) - exact)
            let (mean, greatest) = (mean(difference), max(difference))
            let bound = max(rule.bound.values(double, windows))
            try evaluate(difference, mean, greatest, bound)
            return Row(
                rule: rule, values: values, difference: difference, meanDifference: try mean.item(),
                greatestDifference: try greatest.item(), bound: try bound.item(), seconds: times.sorted()[Self.runs / 2]
            )
        }
        (self.windows, self.exact, channels) = (windows, exact, image.shape[0])
    }

    /// What is white in the pictures of differences.
    var greatestDifference: Double { rows.map(\.greatestDifference).max() ?? 0 }

    /// A table for people.
    var text: String {
        let name = Swift.max(4, rows.map(\.rule.name.count).max() ?? 0) + 2
        let formula = Swift.max(7, rows.map(\.rule.formula.count).max() ?? 0) + 2
        func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - text.count) }
        func right(_ text: String, _ width: Int) -> String { text.leftPadded(to: width) }
        let heading =
            left("rule", name) + left("of R", formula) + right("mean |diff|", 13) + right("max |diff|", 12)
            + right("bound", 10) + right("time", 13)
        return
            ([
                "\(windows.height)×\(windows.width) pixels of \(channels) samples in 0…1, windows of \(windows.size)×\(windows.size) every \(windows.stride): \(windows.places.rows)×\(windows.places.columns) places",
                "|diff| from the exact mean of the bilinear interpolant over each window; bound: no difference can be greater",
                "", heading,
            ]
            + rows.map { row in
                left(row.rule.name, name) + left(row.rule.formula, formula)
                    + String(
                        format: "%13.6f%12.6f%10.4f%10.3f ms", row.meanDifference, row.greatestDifference, row.bound,
                        row.seconds * 1e3)
            }).joined(separator: "\n")
    }

    /// The same for programs.
    func json(picture: String) -> JSONValue {
        .object([
            ("picture", .text(picture)), ("height", .whole(windows.height)), ("width", .whole(windows.width)),
            ("channels", .whole(channels)), ("window", .whole(windows.size)), ("stride", .whole(windows.stride)),
            ("places", .array([.whole(windows.places.rows), .whole(windows.places.columns)])),
            (
                "rules",
                .array(
                    rows.map { row in
                        .object([
                            ("name", .text(row.rule.name)), ("formula", .text(row.rule.formula)),
                            ("mean_difference", .real(row.meanDifference)),
                            ("max_difference", .real(row.greatestDifference)), ("error_bound", .real(row.bound)),
                            ("seconds", .real(row.seconds)),
                        ])
                    })
            ),
        ])
    }

    /// Writes the image, the exact means and, for each rule, its result and |difference|, as PNG files of a folder that is made.
    ///
    /// Differences are shown relative to the greatest of all rules, so that the pictures can be compared.
    func writePictures(of image: Tensor, to folder: String) throws {
        try PictureFolder.make(folder)
        func write(_ tensor: Tensor, _ name: String) throws {
            try PNGImage(tensor).write(to: "\(folder)/\(name.replacing(":", with: "-")).png")
        }
        try write(image, "picture")
        try write(exact, "exact")
        let scale = 1 / Swift.max(greatestDifference, .leastNormalMagnitude)
        for row in rows {
            try write(row.values, row.rule.name)
            // Alpha, where there is one, would hide what the colours show.
            let colours = row.difference.sliced(axis: 0, start: 0, count: channels % 2 == 0 ? channels - 1 : channels)
            try write(colours * scale, "\(row.rule.name)-difference")
        }
    }
}
