import LeibnizCore

/// How a signal is cut into frames and transformed: the settings that `stft` and `istft` share, PyTorch's by name and default.
public struct ShortTimeFourier: Sendable {
    /// The length n of a transform.
    public let size: Int
    /// The distance of neighbouring frames.
    public let hop: Int
    /// The weights of a frame, `[size]`; a tensor, so that they may be learned.
    public let window: Tensor
    /// Whether frame t is centred at sample t · hop, with padding around the signal, or begins there.
    public let isCentred: Bool
    /// What stands around the signal if frames are centred.
    public let padding: PaddingMode
    /// Whether transforms are divided by √n.
    public let isNormalized: Bool
    /// Whether only the frequencies 0 … n/2 are kept; the others are their conjugates.
    public let isOneSided: Bool

    /// Settings.
    ///
    /// - Parameters:
    ///   - size: n, at least 1.
    ///   - hop: at least 1; n/4 by default.
    ///   - window: at most n weights, placed in the middle of n with zeros around; all 1 by default.
    ///   - isCentred: true by default.
    ///   - padding: mirrored by default.
    ///   - isNormalized: false by default.
    ///   - isOneSided: true by default.
    public init(
        size: Int, hop: Int? = nil, window: Tensor? = nil, centred isCentred: Bool = true,
        padding: PaddingMode = .reflect, normalized isNormalized: Bool = false, oneSided isOneSided: Bool = true
    ) {
        (self.size, self.hop) = (size, hop ?? max(1, size / 4))
        (self.isCentred, self.padding) = (isCentred, padding)
        (self.isNormalized, self.isOneSided) = (isNormalized, isOneSided)
        let weights = window ?? Tensor([Double](repeating: 1, count: max(1, size)))
        self.window = Self.centred(weights, in: size)
    }

    private static func centred(_ weights: Tensor, in size: Int) -> Tensor {
        if weights.isInvalid { return weights }
        guard size >= 1, weights.rank == 1, weights.shape[0] <= size else {
            return .refused("stft", [weights], "\(weights.shape) is no window for transforms of \(size) samples")
        }
        let missing = size - weights.shape[0]
        return missing == 0 ? weights : weights.padded(axis: 0, before: missing / 2, after: missing - missing / 2)
    }
}

/// The short-time Fourier transform: the spectrum of each windowed frame of a signal.
///
/// X[k, t] = Σⱼ w[j] x[t·hop + j] e^{−2πi·jk/n}, of the padded signal if frames are centred. Linear in the signal; derivatives reach
/// the waveform and the window.
///
/// - Parameters:
///   - signal: real, `[…, samples]`.
///   - settings: sizes, window and padding.
/// - Returns: `[…, n/2 + 1, frames]`, or `[…, n, frames]` with both sides.
public func stft(_ signal: Tensor, _ settings: ShortTimeFourier) -> ComplexTensor {
    let (frames, count) = settings.groupedFrames(of: signal)
    if frames.isInvalid { return ComplexTensor(frames) }
    let window = settings.window.cast(to: frames.elementType)
    let normalization: FourierNormalization = settings.isNormalized ? .ortho : .backward
    let spectra =
        settings.isOneSided
        ? rfft(frames, weights: window, axis: -2, normalization: normalization)
        : fft(ComplexTensor(frames * window.expanded(at: 1)), axis: -2, normalization: normalization)
    // […, groups, frequencies, group] → […, frequencies, frames]
    return spectra.mapped { part in
        let (rank, shape) = (part.rank, part.shape)
        let inOrder = part.transposed(Array(0..<rank - 3) + [rank - 2, rank - 3, rank - 1])
            .reshaped(to: Shape(shape.extents.dropLast(3) + [shape[-2], shape[-3] * shape[-1]]))
        return inOrder.sliced(axis: rank - 2, start: 0, count: count)
    }
}

/// The signal of which these are the spectra of frames: the inverse of `stft`.
///
/// Frames are transformed back, weighted once more, added up where they overlap, and divided by the sum of the squared weights:
/// the least-squares estimate (Griffin & Lim 1984).
///
/// - Parameters:
///   - spectra: `[…, n/2 + 1, frames]`, or `[…, n, frames]` with both sides.
///   - settings: those of `stft`; weights must cover every sample.
///   - length: the samples to return; by default all that the frames cover.
/// - Returns: real, `[…, length]`; invalid where no frame covers a sample, since nothing is known of it.
public func istft(_ spectra: ComplexTensor, _ settings: ShortTimeFourier, length: Int? = nil) -> Tensor {
    if let invalid = spectra.tensors.first(where: \.isInvalid) { return invalid }
    let bins = settings.isOneSided ? settings.size / 2 + 1 : settings.size
    let shape = spectra.shape
    guard shape.rank >= 2, shape[-2] == bins, shape[-1] >= 1, settings.hop >= 1 else {
        return .refused(
            "istft", [spectra.real],
            "the last axes are not frequencies and frames; of \(settings.size) samples there are \(bins) frequencies")
    }
    let normalization: FourierNormalization = settings.isNormalized ? .ortho : .backward
    let turned = spectra.mapped { $0.swappedLastAxes() }
    let frames =
        settings.isOneSided
        ? irfft(turned, count: settings.size, normalization: normalization)
        : ifft(turned, normalization: normalization).real
    let window = settings.window.cast(to: frames.elementType)
    let count = shape[-1]
    let added = settings.overlapped(frames * window)
    let envelope = settings.overlapped((window * window).broadcast(to: [count, settings.size]))
    let total = settings.size + settings.hop * (count - 1)
    let start = settings.isCentred ? settings.size / 2 : 0
    let covered = settings.isCentred ? total - 2 * start : total
    let wanted = length ?? covered
    let kept = min(wanted, total - start)
    guard kept >= 1 else {
        return .refused("istft", [spectra.real], "no sample is left of \(wanted)")
    }
    let weights = envelope.sliced(axis: 0, start: start, count: kept)
    if let least = try? min(weights).item(), least < 1e-11 {
        return .refused(
            "istft", [spectra.real],
            "the windows leave samples without weight; a smaller hop or centred frames cover them")
    }
    let signal = added.sliced(axis: -1, start: start, count: kept) / weights
    return wanted > kept ? signal.padded(axis: -1, before: 0, after: wanted - kept) : signal
}

extension ShortTimeFourier {
    /// So many frames stand beside each other in memory where there are many, and as many frames as make that worthwhile.
    private static let (group, fewestGrouped) = (16, 64)

    /// The frames of a signal in groups of neighbours that stand innermost, `[…, groups, size, group]`, so that they are transformed
    /// beside each other, and how many they are; those that fill up the last group are of no use.
    fileprivate func groupedFrames(of signal: Tensor) -> (frames: Tensor, count: Int) {
        let frames = frames(of: signal)
        if frames.isInvalid { return (frames, 0) }
        let count = frames.shape[-2]
        let group = count >= Self.fewestGrouped ? Self.group : 1
        let groups = (count + group - 1) / group
        let leading = Array(frames.shape.dropLast(2))
        let whole = frames.padded(axis: -2, before: 0, after: groups * group - count)
            .reshaped(to: Shape(leading + [groups, group, size]))
        return (whole.swappedLastAxes(), count)
    }

    /// The frames of a signal, `[…, frames, size]`.
    package func frames(of signal: Tensor) -> Tensor {
        if signal.isInvalid { return signal }
        if window.isInvalid { return window }
        guard signal.rank >= 1, hop >= 1, signal.elementType.isFloatingPoint else {
            return .refused("stft", [signal], "a signal is real numbers […, samples], and the hop at least 1")
        }
        let padded = isCentred ? signal.padded(axis: -1, before: size / 2, after: size / 2, mode: padding) : signal
        if padded.isInvalid { return padded }
        guard padded.shape[-1] >= size else {
            return .refused("stft", [signal], "the signal is shorter than one frame of \(size) samples")
        }
        return padded.windows(axis: padded.rank - 1, size: size, stride: hop)
    }

    /// Frames `[…, frames, size]` added up at their places, `[…, size + hop·(frames − 1)]`: the adjoint of cutting into frames.
    ///
    /// Frames are cut into pieces of one hop, so that a sum of few shifted sequences remains.
    package func overlapped(_ frames: Tensor) -> Tensor {
        if frames.isInvalid { return frames }
        let (count, pieces) = (frames.shape[-2], (size + hop - 1) / hop)
        let leading = Array(frames.shape.dropLast(2))
        let filled = frames.padded(axis: -1, before: 0, after: pieces * hop - size)
            .reshaped(to: Shape(leading + [count, pieces, hop]))
        let parts = (0..<pieces).map { piece in
            filled.sliced(axis: -2, start: piece, count: 1).reshaped(to: Shape(leading + [count, hop]))
                .padded(axis: -2, before: piece, after: pieces - 1 - piece)
        }
        let sum = parts.dropFirst().reduce(parts[0], +)
        return sum.reshaped(to: Shape(leading + [(count + pieces - 1) * hop]))
            .sliced(axis: -1, start: 0, count: size + hop * (count - 1))
    }
}

extension Tensor {
    /// The last two axes exchanged.
    func swappedLastAxes() -> Tensor {
        let axes = Array(0..<rank)
        return transposed(axes.dropLast(2) + [rank - 1, rank - 2])
    }
}
