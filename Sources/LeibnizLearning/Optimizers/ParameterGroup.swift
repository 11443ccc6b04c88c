import LeibnizCore

/// A part of a model that an optimizer treats in a way of its own.
///
/// ```swift
/// let optimizer = AdamW(
///     [ParameterGroup(model.backbone, rateFactor: 0.1), ParameterGroup(model.head, weightDecay: 0)], learningRate: 0.001)
/// ```
/// The factor stays when a schedule sets the optimizer's rate, as each group's own rate is scaled in PyTorch.
public struct ParameterGroup: Module {
    let module: any Module
    let rateFactor: Double
    let weightDecay: Double?
    let centralizesGradients: Bool

    /// A group of all parameters of a module.
    ///
    /// - Parameters:
    ///   - rateFactor: what the optimizer's step size is multiplied by; 1 by default.
    ///   - weightDecay: λ; the optimizer's by default.
    ///   - centralizesGradients: whether the mean over all axes but the first is taken from each gradient with at least two axes
    ///     (Yong et al. 2020); false by default.
    public init(
        _ module: some Module, rateFactor: Double = 1, weightDecay: Double? = nil, centralizesGradients: Bool = false
    ) {
        (self.module, self.rateFactor, self.weightDecay) = (module, rateFactor, weightDecay)
        self.centralizesGradients = centralizesGradients
    }

    /// The group of each parameter, if it has one: the first that names it.
    static func settings(of parameters: [Parameter], in model: some Module) -> [ParameterGroup?] {
        let groups = (model as? [ParameterGroup]) ?? (model as? ParameterGroup).map { [$0] } ?? []
        let members = groups.map { Set($0.module.parameters) }
        return parameters.map { parameter in
            members.firstIndex { $0.contains(parameter) }.map { groups[$0] }
        }
    }
}

extension Tensor {
    /// A gradient without its mean over all axes but the first, if it has at least two.
    func centralized() -> Tensor {
        isInvalid || rank < 2 ? self : self - mean(self, axes: Array(1..<rank), keepingAxes: true)
    }
}
