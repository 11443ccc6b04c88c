import Leibniz
import Testing

/// What a convolution does along its axes.
private struct Geometry {
    var stride = [1], dilation = [1], before = [0], groups = 1

    /// Where an element of a kernel at a place of the output falls in the input, or of the input in the output of a transpose.
    func place(_ output: [Int], _ kernel: [Int]) -> [Int] {
        output.indices.map { output[$0] * at(stride, $0) + kernel[$0] * at(dilation, $0) - at(before, $0) }
    }
    private func at(_ numbers: [Int], _ axis: Int) -> Int { numbers.count == 1 ? numbers[0] : numbers[axis] }
}

/// y[n, o, i…] = b[o] + Σ x[n, c, i·s + k·d − p…]·w[o, c, k…], as nested loops over any number of axes.
private func naive(_ x: Tensor, _ w: Tensor, _ b: Tensor, output: Shape, _ g: Geometry) throws -> [Double] {
    let (x, w, b) = (try NaiveArray(x), try NaiveArray(w), try b.doubles())
    let (outputs, members) = (w.shape[0], w.shape[1])
    return NaiveArray.indices(output.extents).map { index in
        let first = index[1] / (outputs / g.groups) * members
        return NaiveArray.indices([members] + w.shape[2...]).reduce(b[index[1]]) { total, k in
            let place = g.place(Array(index[2...]), Array(k[1...]))
            return total + x[[index[0], first + k[0]] + place] * w[[index[1]] + k]
        }
    }
}

/// y[n, o, i·s + k·d − p…] += x[n, c, i…]·w[c, o, k…], as nested loops over any number of axes.
private func naiveTranspose(_ x: Tensor, _ w: Tensor, _ b: Tensor, output: Shape, _ g: Geometry) throws -> [Double] {
    let (x, w, b) = (try NaiveArray(x), try NaiveArray(w), try b.doubles())
    let places = NaiveArray.indices(output.extents)
    var y = Dictionary(uniqueKeysWithValues: places.map { ($0, b[$0[1]]) })
    for index in NaiveArray.indices(x.shape) {
        let group = index[1] / (x.shape[1] / g.groups)
        for k in NaiveArray.indices(Array(w.shape[1...])) {
            let place = [index[0], group * w.shape[1] + k[0]] + g.place(Array(index[2...]), Array(k[1...]))
            y[place]? += x[index] * w[[index[1]] + k]
        }
    }
    return places.map { y[$0] ?? .nan }
}

@Suite struct `Convolutions of signals, images and volumes` {
    private func double<Result>(_ body: () -> Result) -> Result { withElementType(.float64) { withSeed(4, body) } }

    @Test func `signals`() throws {
        let x = normal([2, 4, 11], seed: 1)
        for (layer, g) in double({
            [
                (Conv1D(4, 6, kernelSize: 3), Geometry()),
                (
                    Conv1D(4, 6, kernelSize: 4, stride: 3, padding: 2, dilation: 2, groups: 2),
                    Geometry(stride: [3], dilation: [2], before: [2], groups: 2)
                ),
                (Conv1D(4, 8, kernelSize: 3, padding: 1, groups: 4), Geometry(before: [1], groups: 4)),
                (Conv1D(4, 2, kernelSize: 4, padding: .same), Geometry(before: [1])),
                (Conv1D(4, 2, kernelSize: 4, padding: .same, dilation: 3), Geometry(dilation: [3], before: [4])),
            ]
        }) {
            let y = layer(x)
            try expectClose(y, naive(x, layer.weight.value, #require(layer.bias).value, output: y.shape, g))
        }
        #expect(double { Conv1D(4, 2, kernelSize: 5, padding: .same) }(x).shape == [2, 2, 11])
    }

    @Test func `volumes`() throws {
        let x = normal([2, 2, 5, 4, 6], seed: 2)
        let layer = double {
            Conv3D(
                2, 4, kernelSize: [3, 2, 3], stride: [2, 1, 2], padding: [1, 0, 2], dilation: [1, 2, 1], groups: 2)
        }
        let y = layer(x)
        #expect(y.shape == [2, 4, 3, 2, 4])
        let g = Geometry(stride: [2, 1, 2], dilation: [1, 2, 1], before: [1, 0, 2], groups: 2)
        try expectClose(y, naive(x, layer.weight.value, #require(layer.bias).value, output: y.shape, g))
    }

    @Test func `an output as large as the input, for kernels of odd and even sizes`() throws {
        let x = normal([1, 2, 6, 7], seed: 3)
        let layer = double { Conv2D(2, 3, kernelSize: [4, 3], padding: .same, dilation: [1, 2]) }
        #expect(layer(x).shape == [1, 3, 6, 7])
        let g = Geometry(dilation: [1, 2], before: [1, 2])
        try expectClose(
            layer(x), naive(x, layer.weight.value, #require(layer.bias).value, output: [1, 3, 6, 7], g))
        let strided = Conv2D(2, 3, kernelSize: 3, stride: 2, padding: .same)
        #expect(message(of: strided(x)).contains("padding .same goes with stride 1"))
    }

    @Test func `what stands around the input is what the mode says`() throws {
        let x = normal([2, 3, 5, 6], seed: 1)
        for mode in PaddingMode.allCases {
            let layer = withElementType(.float64) {
                Conv2D(3, 2, kernelSize: [3, 4], stride: [1, 2], padding: [2, 1], paddingMode: mode)
            }
            // Elements by hand: where each place of the longer input comes from.
            func source(_ place: Int, _ count: Int) -> Int? {
                switch mode {
                case .constant: (0..<count).contains(place) ? place : nil
                case .reflect: place < 0 ? -place : place < count ? place : 2 * (count - 1) - place
                case .replicate: min(max(place, 0), count - 1)
                case .circular: (place + count) % count
                }
            }
            let small = try NaiveArray(x)
            let numbers = NaiveArray.indices([2, 3, 9, 8]).map { index -> Double in
                guard let row = source(index[2] - 2, 5), let column = source(index[3] - 1, 6) else { return 0 }
                return small[[index[0], index[1], row, column]]
            }
            let longer = Tensor(numbers, shape: [2, 3, 9, 8], .float64)
            let bias = try #require(layer.bias).value
            let expected = convolution(longer, layer.weight.value, stride: [1, 2]) + bias.reshaped(to: [2, 1, 1])
            try expectClose(layer(x), try expected.doubles(), within: 1e-13, "\(mode.rawValue)")
        }
        let tooWide = withElementType(.float64) { Conv2D(3, 2, kernelSize: 3, padding: 5, paddingMode: .reflect) }
        #expect(throws: TensorError.self) { try tooWide(x).doubles() }
        let wrong = withElementType(.float64) {
            Conv2D(3, 2, kernelSize: 3, padding: [1, 1, 1], paddingMode: .circular)
        }
        #expect(throws: TensorError.self) { try wrong(x).doubles() }
    }

    @Test func `transposes of signals, images and volumes`() throws {
        let (signal, image, volume) = (
            normal([2, 4, 5], seed: 1), normal([1, 4, 3, 4], seed: 2), normal([1, 2, 2, 3, 2], seed: 3)
        )
        for (layer, g, extent) in double({
            [
                (ConvTranspose1D(4, 6, kernelSize: 3), Geometry(), 7),
                (
                    ConvTranspose1D(4, 6, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, groups: 2),
                    Geometry(stride: [2], before: [1], groups: 2), 10
                ),
                (
                    ConvTranspose1D(4, 4, kernelSize: 2, stride: 3, outputPadding: 2, dilation: 2),
                    Geometry(stride: [3], dilation: [2]), 17
                ),
                (
                    ConvTranspose1D(4, 4, kernelSize: 3, stride: 2, outputPadding: 2, dilation: 3),
                    Geometry(stride: [2], dilation: [3]), 17
                ),
            ]
        }) {
            let y = layer(signal)
            #expect(y.shape[2] == extent)
            try expectClose(
                y, naiveTranspose(signal, layer.weight.value, #require(layer.bias).value, output: y.shape, g))
        }
        let plane = double {
            ConvTranspose2D(
                4, 2, kernelSize: [3, 2], stride: [2, 1], padding: [1, 0], outputPadding: [1, 0], dilation: [1, 2])
        }
        let y = plane(image)
        #expect(y.shape == [1, 2, 6, 6])
        try expectClose(
            y,
            naiveTranspose(
                image, plane.weight.value, #require(plane.bias).value, output: y.shape,
                Geometry(stride: [2, 1], dilation: [1, 2], before: [1, 0])))
        let solid = double { ConvTranspose3D(2, 3, kernelSize: 2, stride: 2, padding: 1) }
        let z = solid(volume)
        #expect(z.shape == [1, 3, 2, 4, 2])
        try expectClose(
            z,
            naiveTranspose(
                volume, solid.weight.value, #require(solid.bias).value, output: z.shape,
                Geometry(stride: [2], before: [1])))
    }

    @Test func `a transpose is the adjoint of the convolution by the same weight`() throws {
        let (x, y) = (normal([2, 3, 9, 8], seed: 1), normal([2, 4, 4, 4], seed: 2))
        let w = normal([4, 3, 3, 2], seed: 3)
        let forward = sum(convolution(x, w, stride: [2, 2], padding: [0, 0]) * y)
        let back = sum(transposedConvolution(y, w, stride: [2, 2]) * x[0..., 0..., 0..<9, 0..<8])
        #expect(try forward.item().isClose(to: back.item()))
    }

    @Test func `settings that make no transpose are errors`() {
        let x = Tensor.zeros([1, 2, 4])
        #expect(message(of: ConvTranspose1D(2, 3, kernelSize: 3, groups: 2)(x)).contains("multiples of the groups"))
        #expect(message(of: ConvTranspose1D(2, 3, kernelSize: 3, outputPadding: 1)(x)).contains("outputPadding"))
        #expect(message(of: ConvTranspose1D(2, 3, kernelSize: 1, padding: 5)(x)).contains("leaves nothing"))
        #expect(message(of: ConvTranspose1D(3, 3, kernelSize: 1)(x)).contains("channels"))
        #expect(message(of: ConvTranspose2D(2, 3, kernelSize: 1)(x)).contains("[N, C, spatial…]"))
        #expect(message(of: ConvTranspose2D(2, 3, kernelSize: [1, 2, 3])(x)).contains("ConvTranspose2D"))
        #expect(message(of: Conv1D(3, 4, kernelSize: 3)(x)).contains("in Conv1D"))
    }
}
