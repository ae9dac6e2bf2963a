"""The number of faces that must show an action unit before its figures say something. No Django.

Two meanings, so two numbers: a figure is worth computing of fewer faces than make it worth
trusting.
"""

#: A figure of an action unit that fewer faces show hangs on single faces: it is shown, greyed or
#: with a warning. The rule of ten events per variable: Peduzzi et al. (1996), "A simulation study
#: of the number of events per variable in logistic regression analysis", J. Clin. Epidemiol. 49.
FEWEST_TO_TRUST = 10

#: Nothing is fitted to an action unit that fewer faces show, no threshold is chosen by it, and no
#: mean counts it. Five events per variable can do: Vittinghoff & McCulloch (2007), "Relaxing the
#: rule of ten events per variable in logistic and Cox regression", Am. J. Epidemiol. 165.
FEWEST_TO_USE = 5
