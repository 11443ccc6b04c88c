import LeibnizCore
import Synchronization

/// A tensor that training changes: the mutable leaf of a model.
///
/// A parameter swaps its value whole, so who reads while another writes sees the one or the other.
public final class Parameter: Sendable {
    /// The cell that holds the value.
    public let variable: Variable
    /// Whether optimizers change it; a batch statistic, for one, is saved with the model but takes no gradient.
    public let takesGradient: Bool
    /// The last part of its name where that is not the property's own, such as `weight_ih_l0`.
    public let ownName: String?
    private let place = Mutex<String?>(nil)

    /// A parameter with a first value.
    ///
    /// - Parameters:
    ///   - takesGradient: true by default.
    ///   - name: the last part of its name; the property's name by default.
    public init(_ value: Tensor, takesGradient: Bool = true, name: String? = nil) {
        (variable, self.takesGradient, ownName) = (Variable(value), takesGradient, name)
    }

    /// The value.
    public var value: Tensor {
        get { variable.value }
        set { variable.value = newValue }
    }

    /// The property path of the parameter in its model, such as `conv1.weight`; set when the model's parameters are first listed.
    public var path: String? { place.withLock { $0 } }

    /// The extents of the value.
    public var shape: Shape { value.shape }

    /// Takes the path in a model as name, and under the model's type as that in errors (`ConvNet.conv1.weight`), unless a larger
    /// model has given a longer one.
    func note(path: String, root: String) {
        place.withLock { place in
            func depth(_ path: String) -> Int { path.split(separator: ".").count }
            if let place, depth(place) >= depth(path) { return }
            place = path
            variable.name = path.isEmpty ? root : "\(root).\(path)"
        }
    }
}

extension Parameter: Hashable {
    /// Whether both are the same parameter, not only equal in value.
    public static func == (a: Parameter, b: Parameter) -> Bool { a === b }
    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
