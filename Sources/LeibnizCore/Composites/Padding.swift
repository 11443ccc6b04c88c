import LeibnizKernels

/// What stands around the elements of a tensor that is made longer, by PyTorch's names. Of a, b, c, two elements on either side are:
///
/// | mode | result |
/// |---|---|
/// | `constant` | 0 0 a b c 0 0 |
/// | `reflect` | c b a b c b a |
/// | `replicate` | a a a b c c c |
/// | `circular` | b c a b c a b |
public enum PaddingMode: String, Sendable, Hashable, CaseIterable {
    /// Zeros.
    case constant
    /// The elements mirrored at the first and the last, which are not repeated.
    case reflect
    /// The first and the last element repeated.
    case replicate
    /// The elements of the other end.
    case circular
}

extension Tensor {
    /// The tensor with something around it along an axis.
    ///
    /// - Parameters:
    ///   - axis: counted from the end if negative.
    ///   - before, after: how many elements; for `.reflect` less than there are, for `.circular` at most as many, none negative.
    ///   - mode: what they are.
    public func padded(axis: Int, before: Int, after: Int, mode: PaddingMode) -> Tensor {
        if isInvalid { return self }
        do throws(TensorError) {
            let place = try type.shape.axis(axis, of: "pad")
            let count = type.shape[place], widest = Swift.max(before, after)
            if mode == .constant || before == 0 && after == 0 {
                return padded(axis: place, before: before, after: after)
            }
            let isPossible =
                switch mode {
                case .constant: true
                case .reflect: widest < count
                case .replicate: count > 0
                case .circular: widest <= count
                }
            guard isPossible, before >= 0, after >= 0 else {
                throw TensorError(
                    "pad", [type.shape],
                    "\(count) elements cannot be extended by \(before) and \(after) (\(mode.rawValue))")
            }
            let parts =
                [around(place, from: before, before, mode, isBefore: true), self]
                + [around(place, from: count - 1, after, mode, isBefore: false)]
            return concatenate(parts.filter { $0.isInvalid || $0.type.shape[place] > 0 }, axis: place)
        } catch {
            return Tensor(invalid: error.located(among: [self]))
        }
    }

    /// What stands on one side.
    ///
    /// - Parameter edge: the element from which reflections are counted: `before`, or the last one.
    private func around(_ axis: Int, from edge: Int, _ width: Int, _ mode: PaddingMode, isBefore: Bool) -> Tensor {
        let count = type.shape[axis]
        return switch mode {
        case .constant: self
        case .reflect: sliced(axis: axis, start: isBefore ? edge : edge - 1, count: width, stride: -1)
        case .replicate:
            sliced(axis: axis, start: isBefore ? 0 : count - 1, count: 1)
                .broadcast(to: type.shape.replacing(axis, with: width))
        case .circular: sliced(axis: axis, start: isBefore ? count - width : 0, count: width)
        }
    }
}
