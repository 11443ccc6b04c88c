import Foundation
import Testing

@testable import LeibnizCore

@Suite struct `Fourier transforms` {
    private static let lengths = [
        1, 2, 3, 7, 16, 31, 64, 97, 127, 128, 131, 225, 256, 360, 509, 1000, 1009, 1024, 2018, 5040,
    ]

    private func numbers(_ count: Int, seed: Int) -> [Double] {
        var numbers = Numbers(seed)
        return numbers.directions(count)
    }

    /// ‖a − b‖/‖b‖.
    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        let difference = zip(a, b).map { $0 - $1 }
        return (dot(difference, difference) / dot(b, b)).squareRoot()
    }

    @Test(arguments: lengths)
    func `of any length are the sums that define them`(n: Int) throws {
        let (x, y) = (numbers(n, seed: n), numbers(n, seed: n + 1))
        let frequencies = n <= 512 ? Array(0..<n) : (0..<64).map { $0 * 7919 % n }
        let expected = slowTransform(x, y, frequencies: frequencies)
        let halves = frequencies.filter { $0 <= n / 2 }
        let expectedHalf = slowTransform(x, Array(repeating: 0, count: n), frequencies: halves)
        for (type, limit) in [(ElementType.float64, 1e-13), (.float32, 1e-6)] {
            let z = ComplexTensor(real: Tensor(x, type), imaginary: Tensor(y, type))
            let found = fft(z), half = rfft(z.real), back = ifft(found)
            #expect(found.elementType == type && half.elementType == type)
            #expect(half.shape == [n / 2 + 1])
            let (real, imaginary) = (try found.real.doubles(), try found.imaginary.doubles())
            #expect(
                distance(frequencies.map { real[$0] } + frequencies.map { imaginary[$0] }, expected.x + expected.y)
                    < limit, "\(n) in \(type)")
            let (halfReal, halfImaginary) = (try half.real.doubles(), try half.imaginary.doubles())
            #expect(
                distance(
                    halves.map { halfReal[$0] } + halves.map { halfImaginary[$0] }, expectedHalf.x + expectedHalf.y)
                    < limit, "real \(n) in \(type)")
            #expect(distance(try back.real.doubles() + back.imaginary.doubles(), x + y) < limit)
            #expect(distance(try irfft(half, count: n).doubles(), x) < limit)
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: [100_000, 100_003])
    func `of long signals are right where they are looked at`(n: Int) throws {
        let (x, y) = (numbers(n, seed: 1), numbers(n, seed: 2))
        let frequencies = [0, 1, 2, 17, n / 3, n / 2, n - 1]
        let expected = slowTransform(x, y, frequencies: frequencies)
        let found = fft(ComplexTensor(real: Tensor(x, .float64), imaginary: Tensor(y, .float64)))
        let (real, imaginary) = (try found.real.doubles(), try found.imaginary.doubles())
        #expect(
            distance(frequencies.map { real[$0] } + frequencies.map { imaginary[$0] }, expected.x + expected.y) < 1e-12)
        #expect(distance(try ifft(found).real.doubles(), x) < 1e-13)
        // Parseval: Σ|X|² = n·Σ|x|².
        let energy = dot(x, x) + dot(y, y)
        #expect(abs((dot(real, real) + dot(imaginary, imaginary)) / (Double(n) * energy) - 1) < 1e-13)
    }

    @Test func `take few stages with small matrices`() {
        #expect(FourierTransform.radices(1) == [])
        for n in [2, 12, 360, 1024, 1009, 2018, 100_000, 65_536, 30_030, 1 << 20] {
            let radices = FourierTransform.radices(n)
            #expect(radices.reduce(1, *) == n)
            #expect(radices.filter { $0 > 64 }.count == (n % 1009 == 0 ? 1 : 0))
            #expect(Double(radices.count) <= 1 + (Foundation.log(Double(n)) / Foundation.log(16)).rounded(.up))
        }
        #expect(FourierTransform.smoothLength(2017) == 2025)
    }

    @Test func `of real numbers take two stages where two factors are enough`() {
        for (n, radix, rest) in [
            (512, 32, 16), (225, 15, 15), (360, 20, 18), (1000, 40, 25), (2 * 61, 61, 2), (4096, 64, 64),
        ] {
            let short = ShortTransform(n)
            #expect(short?.radix == radix && short?.rest == rest, "\(n)")
        }
        for n in [1, 2, 31, 97, 131, 262, 5040] { #expect(ShortTransform(n) == nil, "\(n)") }
    }

    @Test func `of few real numbers are products of sparse matrices`() {
        for n in 2...66 {
            let factors = RealFactors.of(n)
            let isSmooth = n <= 64 && n.isMultiple(ofOnly: [2, 3, 5, 7])
            #expect((factors != nil) == isSmooth, "\(n)")
            guard let factors else { continue }
            // A column of the product is the transform of one unit.
            for j in 0..<n {
                var state = (0..<n).map { $0 == j ? 1.0 : 0 }
                for matrix in factors {
                    state = matrix.map { row in row.reduce(0) { $0 + $1.weight * state[$1.place] } }
                }
                for k in 0...n / 2 {
                    let w = FourierTables.root(j * k, n)
                    #expect(abs(state[k] - w.cos) < 1e-14)
                    if k > 0, 2 * k < n { #expect(abs(state[n / 2 + k] - w.sin) < 1e-14) }
                }
            }
            // Few terms: what a fast transform is for.
            let terms = factors.joined().reduce(0) { $0 + $1.count }
            #expect(terms <= n * n && (n != 64 || terms < 20 * n), "\(terms) terms for \(n)")
        }
    }

    @Test(arguments: [-1, 1]) func `of few complex numbers are products of sparse matrices`(sign: Int) throws {
        for n in 2...66 {
            let isSmooth = n <= 32 && n.isMultiple(ofOnly: [2, 3, 5, 7])
            #expect(ComplexFactors.areWrittenOut(n) == isSmooth, "\(n)")
            guard let factors = ComplexFactors.of(n, sign: sign) else { continue }
            // A column of the product is the transform of one unit, real or imaginary.
            for j in 0..<2 * n {
                var state = (0..<2 * n).map { $0 == j ? 1.0 : 0 }
                for matrix in factors {
                    state = matrix.map { row in row.reduce(0) { $0 + $1.weight * state[$1.place] } }
                }
                for k in 0..<n {
                    let w = FourierTables.root(sign * (j % n) * k, n)
                    let (real, imaginary) = j < n ? (w.cos, w.sin) : (-w.sin, w.cos)
                    #expect(abs(state[k] - real) < 1e-14 && abs(state[n + k] - imaginary) < 1e-14)
                }
            }
        }
    }

    @Test(arguments: [(16, 512), (37, 360), (100, 217), (64, 48), (3, 1000), (17, 9000), (2, 8192)])
    func `of many rows are those of each`(rows: Int, n: Int) throws {
        let x = Tensor.normal([rows, n], seed: 5, .float64), w = Tensor.normal([rows, n / 2 + 1], seed: 6, .float64)
        let value = { @Sendable (x: Tensor) in sum(rfft(x).squaredMagnitude * w) }
        let (all, slope) = (rfft(x), gradient(of: value)(x))
        for row in [0, rows / 2, rows - 1] {
            let one = rfft(x[row])
            #expect(distance(try all[row].real.doubles(), try one.real.doubles()) < 1e-14)
            #expect(distance(try all[row].imaginary.doubles(), try one.imaginary.doubles()) < 1e-14)
            // Σ w·|X|² has the gradient 2·Re Σ_k w_k·X_k·e^{2πi·jk/n}: half of what the inverse counts twice.
            let multiplicity = (0...n / 2).map { k in k == 0 || 2 * k == n ? 2.0 : 1 }
            let weighted = one * (w[row] * Tensor(multiplicity, .float64))
            let expected = irfft(weighted, count: n, normalization: .forward)
            #expect(distance(try slope[row].doubles(), try expected.doubles()) < 1e-13)
        }
        #expect(distance(try irfft(all, count: n).doubles(), try x.doubles()) < 1e-14)
    }

    @Test func `have constants that are symmetric to the last bit`() {
        for n in [3, 4, 7, 8, 12, 360, 1009] {
            for m in 0..<n {
                let (w, v) = (FourierTables.root(m, n), FourierTables.root(-m, n))
                #expect(w.cos == v.cos && w.sin == -v.sin)
                #expect(abs(w.cos - Foundation.cos(2 * Double.pi * Double(m) / Double(n))) < 2e-15)
                #expect(abs(w.sin - Foundation.sin(2 * Double.pi * Double(m) / Double(n))) < 2e-15)
            }
        }
        #expect(FourierTables.root(1, 4).cos == 0 && FourierTables.root(1, 2).sin == 0)
        #expect(FourierTables.root(1, 8).cos == FourierTables.root(1, 8).sin)
    }

    @Test(arguments: FourierNormalization.allCases)
    func `are undone by their inverses in every normalization`(mode: FourierNormalization) throws {
        let (x, y) = (Tensor.normal([3, 10, 4], seed: 1, .float64), Tensor.normal([3, 10, 4], seed: 2, .float64))
        let z = ComplexTensor(real: x, imaginary: y)
        for axis in 0..<3 {
            let back = ifft(fft(z, axis: axis, normalization: mode), axis: axis, normalization: mode)
            #expect(distance(try back.real.doubles(), try x.doubles()) < 1e-14)
            #expect(distance(try back.imaginary.doubles(), try y.doubles()) < 1e-14)
            let real = irfft(
                rfft(x, axis: axis, normalization: mode), axis: axis, count: x.shape[axis], normalization: mode)
            #expect(distance(try real.doubles(), try x.doubles()) < 1e-14)
        }
        let plane = irfft2(rfft2(x, axes: [0, 1], normalization: mode), axes: [0, 1], normalization: mode)
        #expect(distance(try plane.doubles(), try x.doubles()) < 1e-14)
        let space = ifft2(fft2(z, axes: [2, 0, 1], normalization: mode), axes: [2, 0, 1], normalization: mode)
        #expect(distance(try space.real.doubles(), try x.doubles()) < 1e-14)
        let scale = mode == .backward ? 1 : mode == .ortho ? 30.0.squareRoot() : 30
        let mean = try rfft2(x, axes: [0, 1], normalization: mode).real[0, 0].doubles()
        #expect(distance(mean, try (sum(x, axes: [0, 1]) / scale).doubles()) < 1e-13)
    }

    @Test func `of two axes are one after the other`() throws {
        let z = ComplexTensor(
            real: Tensor.normal([2, 6, 5], seed: 1, .float64), imaginary: Tensor.normal([2, 6, 5], seed: 2, .float64))
        let (both, each) = (fft2(z), fft(fft(z, axis: 2), axis: 1))
        #expect(distance(try both.real.doubles(), try each.real.doubles()) < 1e-14)
        #expect(distance(try both.imaginary.doubles(), try each.imaginary.doubles()) < 1e-14)
    }

    @Test func `cut and fill up to a count`() throws {
        let x = Tensor([1.0, 2, 3, 4, 5], .float64)
        #expect(distance(try rfft(x, count: 8).real.doubles(), try rfft(x.padded([(0, 3)])).real.doubles()) < 1e-15)
        #expect(distance(try rfft(x, count: 3).real.doubles(), [6, -1.5]) < 1e-15)
        #expect(try fft(ComplexTensor(x), count: 2).real.doubles() == [3, -1])
        #expect(try irfft(ComplexTensor(x), count: 2).doubles() == [1.5, -0.5])
    }

    @Test func `differentiate: the gradient of a filtered signal's energy is twice the filter's square`() throws {
        let n = 24
        let filter = Tensor(numbers(n / 2 + 1, seed: 3), .float64)
        let x = Tensor(numbers(n, seed: 4), .float64)
        let filtered = { @Sendable (x: Tensor) in irfft(rfft(x) * filter, count: n) }
        let slope = gradient(of: { sum(filtered($0) * filtered($0)) })(x)
        #expect(distance(try slope.doubles(), try (2 * filtered(filtered(x))).doubles()) < 1e-13)
        // With respect to both parts of a spectrum, as a group: |z|² has the gradient 2z.
        let z = rfft(x)
        let g = gradient { (z: ComplexTensor) in sum(z.squaredMagnitude) }(z)
        #expect(distance(try g.imaginary.doubles(), try (2 * z.imaginary).doubles()) < 1e-15)
        let compiledFilter = compiled { (x: Tensor) in filtered(x) }
        #expect(distance(try compiledFilter(x).doubles(), try filtered(x).doubles()) < 1e-14)
    }

    @Test func `name their frequencies and bring the middle to the middle`() throws {
        #expect(try fftFrequencies(5, spacing: 0.5, .float64).doubles() == [0, 0.4, 0.8, -0.8, -0.4])
        #expect(try fftFrequencies(4).doubles() == [0, 0.25, -0.5, -0.25])
        #expect(try rfftFrequencies(6).doubles().map(Float.init) == [0, 1.0 / 6, 2.0 / 6, 0.5])
        #expect(try fftShift(fftFrequencies(5)).doubles().map(Float.init) == [-0.4, -0.2, 0, 0.2, 0.4])
        let x = Tensor.arange(15).reshaped(to: [3, 5])
        #expect(try ifftShift(fftShift(x)).doubles() == x.doubles())
        #expect(try fftShift(x, axes: [0]).doubles() == x.rolled(1, axis: 0).doubles())
        #expect(throws: TensorError.self) { try fftFrequencies(0).evaluated() }
    }

    @Test func `convolve`() throws {
        let (a, b) = (numbers(37, seed: 5), numbers(12, seed: 6))
        let expected = (0..<48).map { i in
            (0..<37).reduce(0.0) { sum, j in (0..<12).contains(i - j) ? sum + a[j] * b[i - j] : sum }
        }
        let found = fftConvolution(
            Tensor(a, .float64).expanded(at: 1), Tensor(b, .float64).expanded(at: 1), axis: 0)
        #expect(found.shape == [48, 1])
        #expect(distance(try found.doubles(), expected) < 1e-14)
    }

    @Test func `refuse what has no transform`() {
        let nothing = Tensor.zeros([2, 0])
        func kind(_ x: Tensor) -> TensorError.Kind? { #expect(throws: TensorError.self) { try x.evaluated() }?.kind }
        #expect(kind(rfft(nothing).real) == .value)
        #expect(kind(fft(ComplexTensor(nothing)).imaginary) == .value)
        #expect(kind(irfft(ComplexTensor(nothing))) == .value)
        #expect(kind(irfft(ComplexTensor(Tensor.zeros([2, 1])))) == .value)
        #expect(kind(rfft(Tensor.zeros([2, 3]), axis: 2).real) != nil)
        #expect(kind(fft2(ComplexTensor(Tensor.zeros([2, 3])), axes: [1, 1]).real) == .shape)
        #expect(kind(fft2(ComplexTensor(Tensor.zeros([2, 3])), axes: []).real) == .shape)
        #expect(kind(rfft(Tensor.zeros([4]), count: 0).real) == .value)
        #expect(kind(ComplexTensor(real: Tensor.zeros([2]), imaginary: Tensor.zeros([3])).real) == .shape)
    }
}

@Suite struct `Complex tensors` {
    private let z = ComplexTensor(
        real: Tensor([3.0, -1, 0, 1e200], .float64), imaginary: Tensor([4.0, 2, 0, 1e200], .float64))
    private let w = ComplexTensor(
        real: Tensor([1.0, 0.5, 2, 2e200], .float64), imaginary: Tensor([-2.0, 3, 0, 0], .float64))

    @Test func `calculate`() throws {
        func numbers(_ z: ComplexTensor) throws -> [Double] { try z.real.doubles() + z.imaginary.doubles() }
        func isNear(_ a: ComplexTensor, _ b: [Double]) throws -> Bool {
            firstDifference(try numbers(a), b, tolerance: 1e-15) == nil
        }
        let (z, w) = (z[..<3], w[..<3])
        #expect(try isNear(z + w, [4, -0.5, 2, 2, 5, 0]))
        #expect(try isNear(z - w, [2, -1.5, -2, 6, -1, 0]))
        #expect(try isNear(z * w, [11, -6.5, 0, -2, -2, 0]))
        #expect(try isNear(z / w * w, [3, -1, 0, 4, 2, 0]))
        #expect(try isNear(-z.conjugate, [-3, 1, 0, 4, 2, 0]))
        #expect(
            try isNear(
                exp(ComplexTensor(real: 0, imaginary: Tensor([Double.pi], .float64))), [-1, 1.2246467991473532e-16]))
        #expect(try isNear(z * Tensor(2, .float64) / Tensor(4, .float64), [1.5, -0.5, 0, 2, 1, 0]))
        #expect(try isNear(.polar(magnitude: z.magnitude, angle: z.angle), [3, -1, 0, 4, 2, 0]))
        #expect(try isNear(z.reshaped(to: [3, 1]).transposed([1, 0])[0, 1], [-1, 2]))
    }

    @Test func `have magnitudes and quotients that do not overflow`() throws {
        let magnitude = try z.magnitude.doubles()
        #expect(
            firstDifference(magnitude, [5, 5.0.squareRoot(), 0, 2.0.squareRoot() * 1e200], tolerance: 1e-15) == nil)
        #expect(try (z / w).real[3].item() == 0.5)
        let slope = gradient { (z: ComplexTensor) in sum(z.magnitude) }(z)
        #expect(
            firstDifference(
                try slope.real.doubles(), [0.6, -1 / 5.0.squareRoot(), 0, 0.5.squareRoot()], tolerance: 1e-15) == nil)
    }
}

extension Int {
    /// Whether some factors are all that a number is a product of.
    fileprivate func isMultiple(ofOnly primes: [Int]) -> Bool {
        primes.reduce(self) { rest, prime in
            var rest = rest
            while rest % prime == 0 { rest /= prime }
            return rest
        } == 1
    }
}
