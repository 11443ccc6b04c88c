import Leibniz

/// How a training went: the loss of its steps, smoothed, and what validation found.
struct LearningCurve {
    let history: LossHistory
    let title: String

    /// The picture.
    ///
    /// - Parameter figures: names of validation's figures that get a panel of their own; `loss` stands in the first one.
    func figure(_ figures: [(name: String, label: String)] = []) -> Figure {
        let steps = history.smoothed().map { (Double($0.step), $0.loss) }
        var layers = [Figure.Layer.curve(Figure.Curve(name: "training, smoothed", steps))]
        let losses = points("loss")
        if !losses.isEmpty { layers.append(curve("validation", losses)) }
        let panels =
            [Figure.Panel(layers, title: title, x: Figure.Axis("step"), y: Figure.Axis("loss"))]
            + figures.filter { !points($0.name).isEmpty }.map { name, label in
                Figure.Panel([curve("", points(name))], x: Figure.Axis("step"), y: Figure.Axis(label))
            }
        return Figure(panels: panels, width: 640, height: 360 * Double(panels.count))
    }

    private func points(_ name: String) -> [(x: Double, y: Double)] {
        history.validations.compactMap { step, figures in figures[name].map { (Double(step), $0) } }
    }

    private func curve(_ name: String, _ points: [(x: Double, y: Double)]) -> Figure.Layer {
        .curve(Figure.Curve(name: name, points, color: Color.palette[1], hasMarks: true))
    }
}
