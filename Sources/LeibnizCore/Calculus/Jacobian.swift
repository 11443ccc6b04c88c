import LeibnizKernels

/// How a Jacobian is computed: a column per element of the argument, or a row per element of the value.
public enum JacobianMode: String, Sendable {
    /// Columns J·eⱼ, by a batch of pushforwards.
    case forward
    /// Rows Jᵀ·eᵢ, by a batch of pullbacks.
    case reverse
    /// Whichever needs fewer; forward where both need as many, since it keeps nothing.
    case automatic
}

/// How a Jacobian is computed, and why.
public struct JacobianChoice: Sendable, CustomStringConvertible {
    /// `forward` or `reverse`.
    public let mode: JacobianMode
    /// The reason in words.
    public let reason: String

    /// One line, such as `forward: 3 pushforwards instead of 10 pullbacks`.
    public var description: String { "\(mode.rawValue): \(reason)" }

    init(_ wanted: JacobianMode, arguments: Int, values: Int) {
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        let (columns, rows) = (count(arguments, "pushforward"), count(values, "pullback"))
        switch wanted {
        case .automatic:
            mode = arguments <= values ? .forward : .reverse
            reason = mode == .forward ? "\(columns) instead of \(rows)" : "\(rows) instead of \(columns)"
        case .forward: (mode, reason) = (.forward, "as asked for, by \(columns); \(rows) would do")
        case .reverse: (mode, reason) = (.reverse, "as asked for, by \(rows); \(columns) would do")
        }
    }
}

/// The Jacobian of a function, as a function: ∂f_i/∂x_j, of the value's shape followed by the argument's.
///
/// All columns or rows are one batch of the linear map (or its transpose), not a loop.
///
/// ```swift
/// let J = jacobian(of: { matmul(a, $0) })(x)                    // a, for a vector x
/// print(jacobianChoice(of: f, at: x))                           // forward: 3 pushforwards instead of 10 pullbacks
/// ```
///
/// - Parameter mode: `.automatic` by default; see `JacobianMode`.
/// - Returns: invalid tensors where the argument or f's value is not real.
public func jacobian(of f: @escaping (Tensor) -> Tensor, mode: JacobianMode = .automatic) -> (Tensor) -> Tensor {
    { x in
        let call = Differentiation()
        defer { call.close() }
        let argument = Argument.wrap(x, for: call)
        let value = f(argument)
        if let error = Tensor.differentiationError("jacobian", value, [argument], isScalar: false) { return error }
        let (from, to) = (argument.type.shape, value.type.shape)
        switch JacobianChoice(mode, arguments: from.count, values: to.count).mode {
        case .forward, .automatic:
            let columns = vmap {
                Forward.tangents(of: [value.node], along: [(argument.node, $0)])[0] ?? value.filled(0)
            }(
                Tensor.basis(of: argument))
            return columns.isInvalid
                ? columns
                : columns.moved(from: 0, to: to.rank).reshaped(to: Shape(to.extents + from.extents))
        case .reverse:
            let rows = vmap {
                Reverse.cotangents(of: [(value.node, $0)], at: [argument.node])[0] ?? argument.filled(0)
            }(Tensor.basis(of: value))
            return rows.reshaped(to: Shape(to.extents + from.extents))
        }
    }
}

/// How `jacobian(of: f, mode: mode)(x)` is computed, and why.
///
/// - Throws: the error of an invalid argument or value.
public func jacobianChoice(
    of f: (Tensor) -> Tensor, at x: Tensor, mode: JacobianMode = .automatic
) throws -> JacobianChoice {
    let value = f(x)
    if let error = x.error ?? value.error { throw error }
    return JacobianChoice(mode, arguments: x.type.shape.count, values: value.type.shape.count)
}

/// The Hessian of a scalar function, as a function: ∂²f/∂x_i∂x_j, of the argument's shape twice.
///
/// A batch of pushforwards of the gradient: the Jacobian of ∇f, forward over reverse.
public func hessian(of f: @escaping (Tensor) -> Tensor) -> (Tensor) -> Tensor {
    jacobian(of: gradient(of: f), mode: .forward)
}

extension Tensor {
    /// All unit vectors of a tensor's space along a first axis: [n] + shape, with a single 1 in each.
    static func basis(of tensor: Tensor) -> Tensor {
        let shape = tensor.type.shape
        return eye(shape.count, nil, tensor.elementType).reshaped(to: Shape([shape.count] + shape.extents))
    }
}
