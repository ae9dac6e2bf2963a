"""Sentences that hold for every model of this product, and the papers that they rest on."""

MITCHELL = (
    "Mitchell, M., Wu, S., Zaldivar, A. et al. (2019). Model Cards for Model Reporting. FAT* ’19, "
    "220–229."
)
GEBRU = (
    "Gebru, T., Morgenstern, J., Vecchione, B. et al. (2021). Datasheets for Datasets. "
    "Communications of the ACM 64(12), 86–92."
)
BARRETT = (
    "Barrett, L. F., Adolphs, R., Marsella, S., Martinez, A. M. and Pollak, S. D. (2019). "
    "Emotional Expressions Reconsidered. Psychological Science in the Public Interest 20(1), 1–68."
)
JACK = (
    "Jack, R. E., Garrod, O. G. B., Yu, H., Caldara, R. and Schyns, P. G. (2012). Facial "
    "expressions of emotion are not culturally universal. PNAS 109(19), 7241–7244."
)
LUCEY = (
    "Lucey, P., Cohn, J. F., Kanade, T. et al. (2010). The Extended Cohn-Kanade Dataset (CK+). "
    "CVPR Workshops, 94–101."
)
SIMONYAN = (
    "Simonyan, K. and Zisserman, A. (2015). Very Deep Convolutional Networks for Large-Scale Image "
    "Recognition. ICLR."
)
NORTHCUTT = (
    "Northcutt, C. G., Jiang, L. and Chuang, I. L. (2021). Confident Learning: Estimating "
    "Uncertainty in Dataset Labels. JAIR 70, 1373–1411."
)
SWEENEY = (
    "Sweeney, L. (2002). k-Anonymity: A Model for Protecting Privacy. International Journal of "
    "Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), 557–570."
)
GUO = (
    "Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On Calibration of Modern Neural "
    "Networks. ICML."
)
LIPTON = (
    "Lipton, Z. C., Elkan, C. and Naryanaswamy, B. (2014). Optimal Thresholding of Classifiers to "
    "Maximize F1 Measure. ECML PKDD."
)
AI_ACT = "Regulation (EU) 2024/1689 (Artificial Intelligence Act), Article 5(1)(f)."

#: The import of CK+ as it is distributed; its expressions were posed on request (LUCEY).
POSED_SOURCE = "CK+"

IS_FOR = (
    "A second opinion beside people’s codings: it finds faces whose label is worth a second look, "
    "and orders the work of coders.",
    "For FACS coders, researchers and engineers who see its answer beside the ground truth and can "
    "correct either.",
)
IS_NOT_FOR = (
    "Not for telling what somebody feels: an expression is not a feeling, and the same feeling "
    "shows in many ways or not at all (Barrett et al. 2019).",
    "Not for deciding about people: not for hiring, schooling, policing, borders, insurance or "
    "health. In the European Union it is forbidden to infer emotions of people at work or in "
    "schools (Artificial Intelligence Act, Article 5(1)(f)).",
    "Not in a FACS coder’s place: no coder’s certificate rests on its figures.",
)
