import LeibnizKernels

/// A convolution of images [N, C, H, W] with kernels, stride 1, as part of a program.
struct ConvolutionPattern {
    /// The images.
    let images: Int
    /// Rows and columns of zeros around them.
    let padding: [(before: Int, after: Int)]
    let kernels: Int
    /// The kernels' axes in the order [K, C, height, width].
    let kernelOrder: [Int]
    /// Whether the kernels are walked backwards.
    let isFlipped: Bool
    /// The axes [N, K, height, width] in the order of the result.
    let resultOrder: [Int]
}

/// The sums of products of images [N, C, H, W] with others [N, K, H − 2, W − 2], moved against each other: a derivative in kernels.
struct CorrelationPattern {
    let images: Int
    let cotangents: Int
    /// The axes [N, K, height, width] of the others.
    let cotangentOrder: [Int]
    /// The axes [K, C, height, width] in the order of the result.
    let resultOrder: [Int]
}

extension Program {
    /// The convolution that a value is, if it is one with kernels of 3×3, stride 1: x ⋆ w or a derivative in x.
    func convolution(at number: Int) -> ConvolutionPattern? { forward(number) ?? backward(number) }

    /// The derivative in a convolution's kernels of 3×3 that a value is, if it is one.
    func correlation(at number: Int) -> CorrelationPattern? {
        guard let (product, images, cotangents) = productOfWindows(number) else { return nil }
        let (n, c, p, q, i, j) = labels(product.left)
        guard let k = product.right.first(where: { ![n, p, q].contains($0) }),
            let cotangentOrder = places(of: [n, k, p, q], in: product.right),
            let resultOrder = places(of: product.output, in: [k, c, i, j])
        else { return nil }
        let (shape, type) = (self[images].type.shape, self[cotangents].type.shape)
        guard
            MinimalFiltering.pays(
                images: shape[0], inputs: shape[1], outputs: type[cotangentOrder[1]], height: shape[2] - 2,
                width: shape[3] - 2, ofTiles: true)
        else { return nil }
        return CorrelationPattern(
            images: images, cotangents: cotangents, cotangentOrder: cotangentOrder, resultOrder: resultOrder)
    }

    /// x ⋆ w, as `convolution` writes it.
    private func forward(_ number: Int) -> ConvolutionPattern? {
        guard let (product, images, kernels) = productOfWindows(number) else { return nil }
        let (n, c, p, q, i, j) = labels(product.left)
        guard let k = product.right.first(where: { ![c, i, j].contains($0) }),
            let kernelOrder = places(of: [k, c, i, j], in: product.right),
            let resultOrder = places(of: product.output, in: [n, k, p, q])
        else { return nil }
        let (shape, type) = (self[images].type.shape, self[kernels].type.shape)
        guard
            MinimalFiltering.pays(
                images: shape[0], inputs: shape[1], outputs: type[kernelOrder[0]], height: shape[2] - 2,
                width: shape[3] - 2)
        else { return nil }
        return ConvolutionPattern(
            images: images, padding: [(0, 0), (0, 0)], kernels: kernels, kernelOrder: kernelOrder, isFlipped: false,
            resultOrder: resultOrder)
    }

    /// The sum of products that a value is of all 3×3 windows of some images with another value, both results and factors of four axes.
    private func productOfWindows(_ number: Int) -> (product: Contraction, images: Int, factor: Int)? {
        guard let product = contraction(number), let images = unwindowed(self[number].operands[0]),
            product.right.count == 4, product.output.count == 4
        else { return nil }
        return (product, images, self[number].operands[1])
    }

    /// The labels of six axes.
    private func labels(_ axes: [Int]) -> (Int, Int, Int, Int, Int, Int) {
        (axes[0], axes[1], axes[2], axes[3], axes[4], axes[5])
    }

    /// The images of which a value holds all 3×3 windows.
    private func unwindowed(_ number: Int) -> Int? {
        func window(_ number: Int, axis: Int) -> Int? {
            guard let windows = self[number].primitive as? Windows,
                windows == Windows(axis: axis, size: 3, stride: 1, dilation: 1)
            else { return nil }
            return self[number].operands[0]
        }
        guard let rows = window(number, axis: 3), let images = window(rows, axis: 2) else { return nil }
        return self[images].type.shape.rank == 4 ? images : nil
    }

    /// The derivative in x: what windows gave back, added up where they overlap, is a convolution with flipped kernels.
    private func backward(_ number: Int) -> ConvolutionPattern? {
        let extents = Array(self[number].type.shape.extents.dropFirst(2))
        var (whole, start) = (number, [0, 0])
        while let slice = self[whole].primitive as? Slice, slice.stride == 1, slice.axis >= 2, slice.axis < 4 {
            start[slice.axis - 2] += slice.start
            whole = self[whole].operands[0]
        }
        guard extents.count == 2, self[whole].primitive is Reshape else { return nil }
        let overlaid = self[whole].operands[0]
        // Both reshapes add or drop a last axis of one place.
        guard self[overlaid].type.shape.extents == self[whole].type.shape.extents + [1],
            let first = untaken(overlaid, axis: 2), let second = untaken(first, axis: 3),
            self[second].primitive is Reshape
        else { return nil }
        let product = self[second].operands[0]
        guard let contraction = contraction(product), contraction.output.count == 6, contraction.left.count == 4,
            contraction.right.count == 4,
            self[second].type.shape.extents == self[product].type.shape.extents + [1]
        else { return nil }
        let (n, c, p, q, i, j) = labels(contraction.output)
        let (images, kernels) = (self[product].operands[0], self[product].operands[1])
        guard let k = contraction.left.first(where: { ![n, p, q].contains($0) }), contraction.left == [n, k, p, q],
            let kernelOrder = places(of: [c, k, i, j], in: contraction.right)
        else { return nil }
        let (shape, type) = (self[images].type.shape, self[kernels].type.shape)
        guard type[kernelOrder[2]] == 3, type[kernelOrder[3]] == 3,
            MinimalFiltering.pays(
                images: shape[0], inputs: shape[1], outputs: type[kernelOrder[0]], height: extents[0], width: extents[1]
            )
        else { return nil }
        let padding = zip(start, zip(extents, shape.extents[2...])).map { start, extents in
            (before: 2 - start, after: extents.0 - extents.1 + start)
        }
        return ConvolutionPattern(
            images: images, padding: padding, kernels: kernels, kernelOrder: kernelOrder, isFlipped: true,
            resultOrder: [0, 1, 2, 3])
    }

    /// What the windows along an axis gave back, before it was moved to their places and added up.
    private func untaken(_ number: Int, axis: Int) -> Int? {
        guard let sum = self[number].primitive as? Reduce, sum.operation == .sum, sum.axes == [axis + 2] else {
            return nil
        }
        let moved = self[number].operands[0]
        guard let shear = self[moved].primitive as? Shear, shear.axis == axis, shear.along == axis + 2,
            shear.step == -1, shear.offset == 0
        else { return nil }
        let operand = self[moved].operands[0]
        let shape = self[operand].type.shape
        return shape[axis + 2] == 3 && shear.extent == shape[axis] + 2 ? operand : nil
    }

    /// Where labels stand among others; nil if some do not, or there are more.
    private func places(of labels: [Int], in all: [Int]) -> [Int]? {
        let places = labels.compactMap { all.firstIndex(of: $0) }
        return places.count == labels.count && labels.count == all.count ? places : nil
    }

    private func contraction(_ number: Int) -> Contraction? {
        self[number].type.elementType == .float32 ? self[number].primitive as? Contraction : nil
    }
}
